package norikae.agent.cli;

import java.io.PrintStream;
import norikae.agent.api.v1.MoveUpdate;

/** Each update as one line of JSON. */
final class JsonMoveProgress implements MoveProgress {

    private final PrintStream out;

    JsonMoveProgress(PrintStream out) {
        this.out = out;
    }

    @Override
    public void update(MoveUpdate update) {
        out.println(Json.of(update));
        out.flush();
    }

    @Override
    public void close() {}
}
