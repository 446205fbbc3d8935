package norikae.agent.cli;

/** Ctrl-C, for commands that have something to put in order first. */
interface Interrupts {

    /** From now until the handle is closed, Ctrl-C runs the action, in another thread, instead of ending the command. */
    Handle whileOpen(Runnable action);

    interface Handle extends AutoCloseable {
        @Override
        void close();
    }
}
