package norikae.agent.criu;

/** What CRIU says: it asks in between, and answers once. */
sealed interface CriuMessage permits CriuNotification, CriuMessage.Answer {

    /** The one response to the one request. */
    record Answer(boolean success, String firstError) implements CriuMessage {}
}
