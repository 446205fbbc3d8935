package norikae.lab;

/** The laboratory that was to be booted is up already. */
public final class LabIsUpException extends LabException {

    LabIsUpException(String lab) {
        super("laboratory " + lab + " is up already: run norikae lab status, or norikae lab down first");
    }
}
