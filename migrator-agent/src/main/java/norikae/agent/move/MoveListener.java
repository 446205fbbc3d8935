package norikae.agent.move;

import norikae.agent.api.v1.MoveUpdate;

/** Whoever wants to see a move go on: a terminal, a test, a drain. Called by one thread at a time; must be quick. */
@FunctionalInterface
public interface MoveListener {

    void onUpdate(MoveUpdate update);
}
