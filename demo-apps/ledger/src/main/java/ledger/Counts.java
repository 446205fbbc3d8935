package ledger;

/**
 * What a client has counted so far.
 *
 * @param requests transfers sent
 * @param answers transfers answered, in whatever way
 * @param acknowledged answers that say it is done
 * @param resets connections that were lost
 * @param doubledAnswers answers to what had been answered already
 * @param outOfOrder answers before their turn, or global numbers that did not grow
 * @param mismatched answers that are wrong: another client's, wrong balances, not understood
 * @param errors refusals where there was nothing to refuse
 */
record Counts(
        long requests,
        long answers,
        long acknowledged,
        long resets,
        long doubledAnswers,
        long outOfOrder,
        long mismatched,
        long errors) {
    static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0, 0, 0);

    Counts plus(Counts other) {
        return new Counts(
                requests + other.requests,
                answers + other.answers,
                acknowledged + other.acknowledged,
                resets + other.resets,
                doubledAnswers + other.doubledAnswers,
                outOfOrder + other.outOfOrder,
                mismatched + other.mismatched,
                errors + other.errors);
    }

    Counts minus(Counts other) {
        return new Counts(
                requests - other.requests,
                answers - other.answers,
                acknowledged - other.acknowledged,
                resets - other.resets,
                doubledAnswers - other.doubledAnswers,
                outOfOrder - other.outOfOrder,
                mismatched - other.mismatched,
                errors - other.errors);
    }
}
