package norikae.agent.cli;

import norikae.agent.api.v1.MoveUpdate;

/** Shows moves while they happen, and how they ended. Confined to one thread. */
interface MoveProgress extends AutoCloseable {

    void update(MoveUpdate update);

    @Override
    void close();
}
