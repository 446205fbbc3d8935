package norikae.agent.client;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.grpc.GrpcClients;
import com.linecorp.armeria.common.TlsKeyPair;
import io.grpc.stub.ClientResponseObserver;
import io.netty.resolver.DefaultAddressResolverGroup;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import norikae.agent.api.v1.CancelMoveReply;
import norikae.agent.api.v1.CancelMoveRequest;
import norikae.agent.api.v1.CheckReport;
import norikae.agent.api.v1.ClusterGrpc.ClusterBlockingStub;
import norikae.agent.api.v1.ClusterGrpc.ClusterStub;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.DrainNodeRequest;
import norikae.agent.api.v1.Event;
import norikae.agent.api.v1.GetStatusRequest;
import norikae.agent.api.v1.IssueCertificateReply;
import norikae.agent.api.v1.IssueCertificateRequest;
import norikae.agent.api.v1.IssueJoinTokenReply;
import norikae.agent.api.v1.IssueJoinTokenRequest;
import norikae.agent.api.v1.JoinReply;
import norikae.agent.api.v1.JoinRequest;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.api.v1.LogChunk;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.api.v1.ReadLogsRequest;
import norikae.agent.api.v1.RemoveNodeRequest;
import norikae.agent.api.v1.RunServiceReply;
import norikae.agent.api.v1.RunServiceRequest;
import norikae.agent.api.v1.ServiceSpec;
import norikae.agent.api.v1.StopServiceReply;
import norikae.agent.api.v1.StopServiceRequest;
import norikae.agent.client.ControlException.Kind;
import norikae.agent.config.ClientConfig;
import norikae.agent.config.ClientConfig.Member;
import org.jspecify.annotations.Nullable;

/**
 * The control API, blocking. Members are asked in the order of the configuration until one answers; the one that did
 * is asked first from then on. Every method throws {@link ControlException}. Thread-safe.
 */
public final class ControlClient implements AutoCloseable {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2); // members are near
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(15); // an election and then some
    private static final Duration PING_INTERVAL = Duration.ofSeconds(5); // notices a member that lost its power
    private static final int MESSAGE_BYTES_MAX = 16 << 20;

    private final List<Member> members;
    private final ClientFactory factory;
    private volatile int preferred;

    private ControlClient(List<Member> members, ClientFactory factory) {
        this.members = members;
        this.factory = factory;
    }

    /**
     * Makes a client; connects only when it is used.
     *
     * @throws ControlException of kind {@link Kind#INVALID} if a certificate or key cannot be read
     */
    public static ControlClient open(ClientConfig config) {
        TlsKeyPair identity = PemFiles.keyPair(config.key(), config.certificate());
        List<X509Certificate> authority =
                PemFiles.certificates(config.authority(), "the cluster's authority certificate");
        ClientFactory factory = ClientFactory.builder()
                .tls(identity)
                .tlsCustomizer(tls -> tls.trustManager(authority).protocols("TLSv1.3"))
                .connectTimeout(CONNECT_TIMEOUT)
                .pingInterval(PING_INTERVAL)
                .addressResolverGroupFactory(group -> DefaultAddressResolverGroup.INSTANCE) // members are addresses
                .workerGroup(1)
                .build();
        return new ControlClient(config.members(), factory);
    }

    /** @param service {@code null} for everything */
    public ClusterStatus status(@Nullable String service) {
        return ask(s -> s.getStatus(statusOf(service)));
    }

    /** A new status whenever something changes, without end. */
    public Subscription<ClusterStatus> watchStatus(@Nullable String service) {
        return subscribe((s, out) -> s.watchStatus(statusOf(service), out));
    }

    public Subscription<Event> events(ListEventsRequest request) {
        return subscribe((s, out) -> s.listEvents(request, out));
    }

    public Subscription<LogChunk> logs(ReadLogsRequest request) {
        return subscribe((s, out) -> s.readLogs(request, out));
    }

    public RunServiceReply run(ServiceSpec spec) {
        return askAtLength(
                s -> s.runService(RunServiceRequest.newBuilder().setSpec(spec).build()));
    }

    public StopServiceReply stop(String service, int graceSeconds) {
        return askAtLength(s -> s.stopService(StopServiceRequest.newBuilder()
                .setService(service)
                .setGraceSeconds(graceSeconds)
                .build()));
    }

    /** @param to {@code null} to let the cluster choose */
    public CheckReport check(String service, @Nullable String to) {
        return askAtLength(s -> s.checkMove(moveOf(service, to)));
    }

    /**
     * Moves a service; the last update has the result. Closing the subscription does not end the move:
     * {@link #cancel} does.
     *
     * @param to {@code null} to let the cluster choose
     */
    public Subscription<MoveUpdate> migrate(String service, @Nullable String to) {
        return subscribe((s, out) -> s.migrateService(moveOf(service, to), out));
    }

    public CancelMoveReply cancel(String moveId) {
        return askAtLength(s ->
                s.cancelMove(CancelMoveRequest.newBuilder().setMoveId(moveId).build()));
    }

    /** Moves every service of a node; closing the subscription keeps further moves from starting. */
    public Subscription<MoveUpdate> drain(String node) {
        return subscribe((s, out) ->
                s.drainNode(DrainNodeRequest.newBuilder().setNode(node).build(), out));
    }

    public IssueJoinTokenReply issueJoinToken(Duration valid) {
        return ask(s -> s.issueJoinToken(IssueJoinTokenRequest.newBuilder()
                .setValidSeconds(Math.toIntExact(valid.toSeconds()))
                .build()));
    }

    public void removeNode(String node) {
        var unused = askAtLength(
                s -> s.removeNode(RemoveNodeRequest.newBuilder().setNode(node).build()));
    }

    public IssueCertificateReply issueCertificate(IssueCertificateRequest request) {
        return ask(s -> s.issueCertificate(request));
    }

    public JoinReply join(JoinRequest request) {
        return ask(s -> s.join(request));
    }

    private static GetStatusRequest statusOf(@Nullable String service) {
        return GetStatusRequest.newBuilder()
                .setService(service == null ? "" : service)
                .build();
    }

    private static MoveRequest moveOf(String service, @Nullable String to) {
        return MoveRequest.newBuilder()
                .setService(service)
                .setTo(to == null ? "" : to)
                .build();
    }

    private <R> R ask(Function<ClusterBlockingStub, R> question) {
        return onAnyMember(member -> {
            try {
                return question.apply(stub(member, ClusterBlockingStub.class)
                        .withDeadlineAfter(ANSWER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS));
            } catch (RuntimeException e) {
                throw Failures.of(member.toString(), e);
            }
        });
    }

    /** For what takes as long as it takes; a dead connection is noticed by its pings. */
    private <R> R askAtLength(Function<ClusterBlockingStub, R> question) {
        return onAnyMember(member -> {
            try {
                return question.apply(stub(member, ClusterBlockingStub.class));
            } catch (RuntimeException e) {
                throw Failures.of(member.toString(), e);
            }
        });
    }

    /** Waits for the first message or the end, so that a member that does not answer can be passed over. */
    private <R> Subscription<R> subscribe(BiConsumer<ClusterStub, ClientResponseObserver<Object, R>> start) {
        return onAnyMember(member -> {
            Subscription<R> subscription = new Subscription<>(member.toString());
            start.accept(stub(member, ClusterStub.class), subscription.observer());
            var unused = subscription.hasNext();
            return subscription;
        });
    }

    private <R> R onAnyMember(Function<Member, R> attempt) {
        ControlException first = null;
        int start = preferred;
        for (int i = 0; i < members.size(); i++) {
            int index = (start + i) % members.size();
            try {
                R answer = attempt.apply(members.get(index));
                preferred = index;
                return answer;
            } catch (ControlException e) {
                if (e.kind() != Kind.UNREACHABLE) {
                    throw e;
                }
                first = first == null ? e : joined(first, e);
            }
        }
        if (first == null) {
            throw new ControlException(Kind.INVALID, "the client's configuration lists no members");
        }
        throw first;
    }

    private static ControlException joined(ControlException a, ControlException b) {
        ControlException both = new ControlException(Kind.UNREACHABLE, a.getMessage() + "; " + b.getMessage(), b);
        both.addSuppressed(a);
        return both;
    }

    private <S> S stub(Member member, Class<S> type) {
        return GrpcClients.builder("gproto+https://" + member + "/")
                .factory(factory)
                .responseTimeoutMillis(0) // a deadline of the call says it where there is one
                .maxResponseLength(0)
                .maxResponseMessageLength(MESSAGE_BYTES_MAX)
                .build(type);
    }

    /** Closes connections without waiting for them. */
    @Override
    public void close() {
        var unused = factory.closeAsync();
    }
}
