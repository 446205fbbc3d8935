package norikae.agent.document;

import java.util.List;
import java.util.stream.Collectors;

/** A document was refused; the message has one line for each problem, in the order of the document. */
public final class InvalidDocumentException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient List<Problem> problems;

    public InvalidDocumentException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    static InvalidDocumentException of(Place place, String message) {
        return new InvalidDocumentException(List.of(new Problem(place, "", message)));
    }

    public List<Problem> problems() {
        return problems;
    }
}
