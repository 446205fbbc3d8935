package norikae.failover.log.ratis;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import norikae.failover.model.ClusterState;
import norikae.failover.model.Command;
import norikae.failover.model.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of the log, its snapshots and its answers: JSON in an envelope that begins with the format's version.
 *
 * <pre>
 *   entry     {"v":1,"command":{"type":"begin-move", …}}
 *   barrier   {"v":1,"barrier":true}                        an entry that changes nothing; answered with its outcome
 *   outcome   {"type":"accepted","epoch":3}
 *   question  {"known":17}                                  the asker's state is that of entry 17
 *   answer    {"applied":22,"index":21,"voters":[…],"state":{…}}     state left out when the asker has it already
 *   snapshot  {"v":1,"state":{…}}
 * </pre>
 *
 * <p>Unknown properties and versions are errors: a voter that skipped what it does not understand would silently differ
 * from the others for ever. Stateless and thread-safe.
 */
final class LogCodec {

    static final int VERSION = 1;

    /** Far more than any command needs (a service's command line and environment are the largest). */
    static final int COMMAND_BYTES_MAX = 256 * 1024;

    private static final int TEXT_LENGTH_MAX = 64 * 1024 * 1024; // of one JSON document, against a damaged one

    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(TEXT_LENGTH_MAX)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .addMixIn(Outcome.class, OutcomeNames.class)
            .build();

    private LogCodec() {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Outcome.Accepted.class, name = "accepted"),
        @JsonSubTypes.Type(value = Outcome.Refused.class, name = "refused"),
    })
    private interface OutcomeNames {}

    private record Entry(int v, Command command) {}

    private static final byte[] BARRIER = "{\"v\":1,\"barrier\":true}".getBytes(StandardCharsets.UTF_8);

    private record Snapshot(int v, ClusterState state) {}

    /** Asks for the state unless it is still that of {@code known}; {@link Long#MAX_VALUE}: never send it. */
    record Question(long known) {}

    /**
     * @param applied the last entry of any kind that the answering voter has applied
     * @param index the last entry that had a say in {@code state}
     */
    record Answer(
            long applied,
            long index,
            List<Peer> voters,
            @Nullable ClusterState state) {}

    /** @throws IllegalArgumentException it is larger than {@link #COMMAND_BYTES_MAX} */
    static byte[] encode(Command command) {
        byte[] bytes = write(new Entry(VERSION, command));
        if (bytes.length > COMMAND_BYTES_MAX) {
            throw new IllegalArgumentException("this " + command.getClass().getSimpleName() + " takes " + bytes.length
                    + " bytes in the cluster's log, which allows " + COMMAND_BYTES_MAX
                    + ": shorten its command line, environment or text");
        }
        return bytes;
    }

    static byte[] barrier() {
        return BARRIER.clone();
    }

    /** {@code null} for a barrier. */
    static @Nullable Command decodeEntry(byte[] bytes) throws IOException {
        if (bytes.length > COMMAND_BYTES_MAX) {
            throw new IOException("it has " + bytes.length + " bytes, and " + COMMAND_BYTES_MAX + " are allowed");
        }
        if (Arrays.equals(bytes, BARRIER)) {
            return null;
        }
        requireVersion(bytes);
        Entry entry = JSON.readValue(bytes, Entry.class);
        return required(entry.command(), "command");
    }

    static byte[] encode(Outcome outcome) {
        return write(outcome);
    }

    static Outcome decodeOutcome(byte[] bytes) throws IOException {
        return required(JSON.readValue(bytes, Outcome.class), "outcome");
    }

    static byte[] encode(Question question) {
        return write(question);
    }

    static Question decodeQuestion(byte[] bytes) throws IOException {
        return required(JSON.readValue(bytes, Question.class), "question");
    }

    static byte[] encode(Answer answer) {
        return write(answer);
    }

    static Answer decodeAnswer(byte[] bytes) throws IOException {
        return required(JSON.readValue(bytes, Answer.class), "answer");
    }

    static byte[] encodeSnapshot(ClusterState state) {
        return write(new Snapshot(VERSION, state));
    }

    static ClusterState decodeSnapshot(byte[] bytes) throws IOException {
        requireVersion(bytes);
        return required(JSON.readValue(bytes, Snapshot.class).state(), "state");
    }

    /** Looks at the version before the rest is understood, so that the message names the true cause. */
    private static void requireVersion(byte[] bytes) throws IOException {
        int version = JSON.readTree(bytes).path("v").asInt(-1);
        if (version != VERSION) {
            throw new IOException(
                    version < 0
                            ? "it does not begin with a format version"
                            : "it has format version " + version + ", and this program knows only " + VERSION
                                    + ": install the newer version of Norikae");
        }
    }

    private static <T> T required(@Nullable T value, String what) throws IOException {
        if (value == null) {
            throw new IOException("it has no " + what);
        }
        return value;
    }

    private static byte[] write(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write " + value.getClass().getSimpleName() + " as JSON", e);
        }
    }
}
