package norikae.agent.cli;

/** Picks how a move is shown. */
final class MoveProgresses {

    private MoveProgresses() {}

    static MoveProgress of(Action action) {
        CliContext context = action.context();
        if (action.json()) {
            return new JsonMoveProgress(context.out());
        }
        TextMoveProgress.Gauge gauge = context.terminal()
                ? new BarGauge(context.err(), "memory")
                : new TextMoveProgress.LineGauge(context.out());
        return new TextMoveProgress(context.out(), action.quiet(), gauge);
    }
}
