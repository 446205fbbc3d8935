package norikae.lab;

/** The laboratory cannot do what was asked; the message says what stood in the way and what to do. */
public class LabException extends RuntimeException {

    public LabException(String message) {
        super(message);
    }

    public LabException(String message, Throwable cause) {
        super(message, cause);
    }
}
