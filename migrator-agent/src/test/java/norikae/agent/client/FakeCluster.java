package norikae.agent.client;

import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.grpc.GrpcService;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import norikae.agent.api.v1.AttachVolumeReply;
import norikae.agent.api.v1.AttachVolumeRequest;
import norikae.agent.api.v1.CancelMoveReply;
import norikae.agent.api.v1.CancelMoveRequest;
import norikae.agent.api.v1.CheckReport;
import norikae.agent.api.v1.ClusterGrpc.ClusterImplBase;
import norikae.agent.api.v1.ClusterStatus;
import norikae.agent.api.v1.CreateVolumeRequest;
import norikae.agent.api.v1.DemoteVolumeRequest;
import norikae.agent.api.v1.DetachVolumeReply;
import norikae.agent.api.v1.DetachVolumeRequest;
import norikae.agent.api.v1.DrainNodeRequest;
import norikae.agent.api.v1.Event;
import norikae.agent.api.v1.Finding;
import norikae.agent.api.v1.GetStatusRequest;
import norikae.agent.api.v1.IssueCertificateReply;
import norikae.agent.api.v1.IssueCertificateRequest;
import norikae.agent.api.v1.IssueJoinTokenReply;
import norikae.agent.api.v1.IssueJoinTokenRequest;
import norikae.agent.api.v1.JoinReply;
import norikae.agent.api.v1.JoinRequest;
import norikae.agent.api.v1.ListEventsRequest;
import norikae.agent.api.v1.ListVolumesRequest;
import norikae.agent.api.v1.LogChunk;
import norikae.agent.api.v1.MoveRequest;
import norikae.agent.api.v1.MoveResult;
import norikae.agent.api.v1.MoveUpdate;
import norikae.agent.api.v1.NodeStatus;
import norikae.agent.api.v1.ReadLogsRequest;
import norikae.agent.api.v1.RemoveNodeReply;
import norikae.agent.api.v1.RemoveNodeRequest;
import norikae.agent.api.v1.ResizeVolumeRequest;
import norikae.agent.api.v1.ResyncVolumeRequest;
import norikae.agent.api.v1.RunServiceReply;
import norikae.agent.api.v1.RunServiceRequest;
import norikae.agent.api.v1.ServiceStatus;
import norikae.agent.api.v1.StopServiceReply;
import norikae.agent.api.v1.StopServiceRequest;
import norikae.agent.api.v1.StopVerifyVolumeReply;
import norikae.agent.api.v1.StopVerifyVolumeRequest;
import norikae.agent.api.v1.VerifyVolumeReply;
import norikae.agent.api.v1.VerifyVolumeRequest;
import norikae.agent.api.v1.VolumeList;
import norikae.agent.api.v1.VolumeStatus;
import norikae.agent.config.ClientConfig.Member;
import norikae.agent.security.ClusterAuthority;
import norikae.agent.security.SigningRequest;
import norikae.transfer.PeerIdentity.Role;
import org.jspecify.annotations.Nullable;

/**
 * One member of a cluster that exists in this process only: the real API over real mTLS, with answers that a test
 * chooses. It knows one service, {@code ledger} on {@code node-a}.
 */
public final class FakeCluster implements AutoCloseable {

    /** What {@code MigrateService} does. */
    public enum Migration {
        SUCCEEDS,
        BLOCKED,
        FAILS,
        WAITS_FOR_CANCEL,
        COMMITS_ON_CANCEL,
        BREAKS_OFF_AND_MOVED
    }

    public volatile Migration migration = Migration.SUCCEEDS;
    public volatile boolean current = true;
    public volatile boolean withoutMajority;
    public final List<Object> requests = Collections.synchronizedList(new ArrayList<>());

    public final FakeVolumes volumes = new FakeVolumes();

    /** Opens when a move stands in the state Copying. */
    public final CountDownLatch copying = new CountDownLatch(1);

    /** Signs the certificates of nodes that join. */
    public volatile @Nullable ClusterAuthority joinAuthority;

    private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    private final Server server;
    private volatile String node = "node-a";

    public FakeCluster(TestPki pki) throws Exception {
        this(pki.issue("node-a", "node"), pki.authorityFile());
    }

    public FakeCluster(TestPki.Issued issued, Path authority) throws Exception {
        server = Server.builder()
                .port(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SessionProtocol.HTTPS)
                .tls(TlsKeyPair.of(issued.key().toFile(), issued.certificate().toFile()))
                .tlsCustomizer(tls -> tls.clientAuth(ClientAuth.REQUIRE)
                        .trustManager(authority.toFile())
                        .protocols("TLSv1.3"))
                .requestTimeout(Duration.ZERO)
                .gracefulShutdownTimeout(Duration.ZERO, Duration.ZERO)
                .service(GrpcService.builder()
                        .addService(new Api())
                        .useBlockingTaskExecutor(true)
                        .build())
                .build();
        server.start().join();
    }

    public Member member() {
        return new Member("127.0.0.1", server.activeLocalPort());
    }

    @Override
    public void close() {
        var unused = server.stop(); // its quiet period takes two seconds, and nobody is left to wait for
    }

    private final class Api extends ClusterImplBase {

        private <R> void answer(Object request, StreamObserver<R> out, R reply) {
            requests.add(request);
            if (withoutMajority) {
                out.onError(Status.UNAVAILABLE
                        .withDescription("the cluster has no majority")
                        .asRuntimeException());
                return;
            }
            out.onNext(reply);
            out.onCompleted();
        }

        private boolean refuses(StreamObserver<?> out, String service) {
            if (role().equals("viewer")) {
                out.onError(Status.PERMISSION_DENIED
                        .withDescription("a viewer may not do this")
                        .asRuntimeException());
                return true;
            }
            if (!service.equals("ledger")) {
                out.onError(Status.NOT_FOUND
                        .withDescription("there is no service " + service)
                        .asRuntimeException());
                return true;
            }
            return false;
        }

        private String role() {
            try {
                var session = ServiceRequestContext.current().sslSession();
                X509Certificate certificate = (X509Certificate) session.getPeerCertificates()[0];
                return certificate.getSubjectX500Principal().getName().replaceAll(".*OU=(\\w+).*", "$1");
            } catch (javax.net.ssl.SSLPeerUnverifiedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void getStatus(GetStatusRequest request, StreamObserver<ClusterStatus> out) {
            answer(request, out, status());
        }

        @Override
        public void watchStatus(GetStatusRequest request, StreamObserver<ClusterStatus> out) {
            out.onNext(status());
            out.onNext(status());
            out.onCompleted();
        }

        @Override
        public void listEvents(ListEventsRequest request, StreamObserver<Event> out) {
            requests.add(request);
            out.onNext(Event.newBuilder()
                    .setSequence(1)
                    .setKind("service-defined")
                    .setSubject("ledger")
                    .setText("service ledger placed on node-a")
                    .build());
            out.onNext(Event.newBuilder()
                    .setSequence(2)
                    .setAtMillis(1_700_000_000_000L)
                    .setKind("move-finished")
                    .setSubject("ledger")
                    .setText("ledger moved from node-a to node-b in 812 ms")
                    .putDetails("checkMicros", "31000")
                    .putDetails("freezeMicros", "1400")
                    .putDetails("dumpMicros", "120000")
                    .putDetails("commitMicros", "13000")
                    .putDetails("pauseMicros", "240000")
                    .putDetails("memoryBytes", Long.toString(61L << 20))
                    .putDetails("wireBytes", Long.toString(33L << 20))
                    .build());
            out.onCompleted();
        }

        @Override
        public void readLogs(ReadLogsRequest request, StreamObserver<LogChunk> out) {
            requests.add(request);
            out.onNext(LogChunk.newBuilder()
                    .setNode("node-a")
                    .setEpoch(1)
                    .setData(com.google.protobuf.ByteString.copyFromUtf8("READY\n"))
                    .build());
            out.onCompleted();
        }

        @Override
        public void runService(RunServiceRequest request, StreamObserver<RunServiceReply> out) {
            answer(
                    request,
                    out,
                    RunServiceReply.newBuilder()
                            .setNode("node-a")
                            .setEpoch(1)
                            .addAdded("-XX:+PerfDisableSharedMem: else a file must travel")
                            .build());
        }

        @Override
        public void stopService(StopServiceRequest request, StreamObserver<StopServiceReply> out) {
            if (!refuses(out, request.getService())) {
                answer(
                        request,
                        out,
                        StopServiceReply.newBuilder()
                                .setEnding("exited with 143")
                                .build());
            }
        }

        @Override
        public void checkMove(MoveRequest request, StreamObserver<CheckReport> out) {
            if (!refuses(out, request.getService())) {
                answer(request, out, check(migration != Migration.BLOCKED));
            }
        }

        @Override
        public void migrateService(MoveRequest request, StreamObserver<MoveUpdate> out) {
            if (!refuses(out, request.getService())) {
                requests.add(request);
                move("ledger", "mv-1", (ServerCallStreamObserver<MoveUpdate>) out);
            }
        }

        @Override
        public void drainNode(DrainNodeRequest request, StreamObserver<MoveUpdate> out) {
            requests.add(request);
            for (String service : List.of("ledger", "redis")) {
                for (MoveUpdate update : updates(service, "mv-" + service)) {
                    out.onNext(update);
                }
                out.onNext(result(service, "mv-" + service, true, ""));
            }
            out.onCompleted();
        }

        private void move(String service, String id, ServerCallStreamObserver<MoveUpdate> out) {
            updates(service, id).forEach(out::onNext);
            copying.countDown();
            switch (migration) {
                case SUCCEEDS -> end(out, o -> o.onNext(result(service, id, true, "")));
                case BLOCKED ->
                    out.onError(Status.FAILED_PRECONDITION
                            .withDescription("the check found a blocker")
                            .asRuntimeException());
                case FAILS -> end(out, o -> o.onNext(result(service, id, false, "the target went away")));
                case WAITS_FOR_CANCEL -> {
                    awaitCancel();
                    end(out, o -> o.onNext(result(service, id, false, "cancelled by the operator")));
                }
                case COMMITS_ON_CANCEL -> {
                    awaitCancel();
                    end(out, o -> o.onNext(result(service, id, true, "")));
                }
                case BREAKS_OFF_AND_MOVED -> {
                    node = "node-b";
                    out.onError(Status.UNAVAILABLE
                            .withDescription("the agent is going down")
                            .asRuntimeException());
                }
            }
        }

        private void awaitCancel() {
            cancelled.orTimeout(30, TimeUnit.SECONDS).join();
        }

        private void end(StreamObserver<MoveUpdate> out, Consumer<StreamObserver<MoveUpdate>> last) {
            last.accept(out);
            out.onCompleted();
        }

        @Override
        public void cancelMove(CancelMoveRequest request, StreamObserver<CancelMoveReply> out) {
            requests.add(request);
            cancelled.complete(null);
            boolean committed = migration == Migration.COMMITS_ON_CANCEL;
            out.onNext(CancelMoveReply.newBuilder()
                    .setCancelled(!committed)
                    .setText(committed ? "the move has committed" : "the move was ended")
                    .build());
            out.onCompleted();
        }

        @Override
        public void issueJoinToken(IssueJoinTokenRequest request, StreamObserver<IssueJoinTokenReply> out) {
            answer(
                    request,
                    out,
                    IssueJoinTokenReply.newBuilder()
                            .setToken("nk1.secret")
                            .setExpiresAtMillis(1_700_000_000_000L)
                            .build());
        }

        @Override
        public void join(JoinRequest request, StreamObserver<JoinReply> out) {
            requests.add(request);
            try {
                ClusterAuthority signer = Objects.requireNonNull(joinAuthority);
                X509Certificate certificate = signer.issue(
                        SigningRequest.parse(request.getSigningRequestPem()),
                        request.getMember().getName(),
                        Role.NODE,
                        List.of(request.getMember().getAddress()),
                        Duration.ofDays(1));
                out.onNext(JoinReply.newBuilder()
                        .setCluster("lab")
                        .setCertificatePem(ClusterAuthority.pem(certificate))
                        .setAuthorityPem(signer.certificatePem())
                        .addMembers(member("node-a", "10.77.0.11"))
                        .addMembers(request.getMember())
                        .build());
                out.onCompleted();
            } catch (IOException e) {
                out.onError(Status.INVALID_ARGUMENT.withCause(e).asRuntimeException());
            }
        }

        @Override
        public void removeNode(RemoveNodeRequest request, StreamObserver<RemoveNodeReply> out) {
            answer(request, out, RemoveNodeReply.getDefaultInstance());
        }

        @Override
        public void createVolume(CreateVolumeRequest request, StreamObserver<VolumeStatus> out) {
            answer(request, out, volumes.next());
        }

        @Override
        public void listVolumes(ListVolumesRequest request, StreamObserver<VolumeList> out) {
            answer(request, out, volumes.list());
        }

        @Override
        public void attachVolume(AttachVolumeRequest request, StreamObserver<AttachVolumeReply> out) {
            answer(
                    request,
                    out,
                    AttachVolumeReply.newBuilder()
                            .setNode("node-a")
                            .setDevice("/dev/loop7")
                            .build());
        }

        @Override
        public void detachVolume(DetachVolumeRequest request, StreamObserver<DetachVolumeReply> out) {
            answer(
                    request,
                    out,
                    DetachVolumeReply.newBuilder().setNode("node-a").build());
        }

        @Override
        public void demoteVolume(DemoteVolumeRequest request, StreamObserver<VolumeStatus> out) {
            answer(request, out, volumes.next());
        }

        @Override
        public void resizeVolume(ResizeVolumeRequest request, StreamObserver<VolumeStatus> out) {
            answer(request, out, volumes.next());
        }

        @Override
        public void resyncVolume(ResyncVolumeRequest request, StreamObserver<VolumeStatus> out) {
            answer(request, out, volumes.next());
        }

        @Override
        public void verifyVolume(VerifyVolumeRequest request, StreamObserver<VerifyVolumeReply> out) {
            requests.add(request);
            volumes.verify(out);
        }

        @Override
        public void stopVerifyVolume(StopVerifyVolumeRequest request, StreamObserver<StopVerifyVolumeReply> out) {
            answer(request, out, volumes.stop());
        }

        @Override
        public void issueCertificate(IssueCertificateRequest request, StreamObserver<IssueCertificateReply> out) {
            answer(
                    request,
                    out,
                    IssueCertificateReply.newBuilder()
                            .setCertificatePem("certificate of " + request.getName() + "\n")
                            .setAuthorityPem("authority\n")
                            .build());
        }
    }

    private ClusterStatus status() {
        return ClusterStatus.newBuilder()
                .setCluster("test")
                .setLeader("node-a")
                .setCurrent(current)
                .addNodes(node("node-a", "10.77.0.11", false))
                .addNodes(node("witness", "10.77.0.13", true))
                .addServices(ServiceStatus.newBuilder()
                        .setName("ledger")
                        .setNode(node)
                        .setAddress("10.77.0.50/24")
                        .setEpoch(3)
                        .setPhase("RUNNING"))
                .build();
    }

    private static norikae.agent.api.v1.Member member(String name, String address) {
        return norikae.agent.api.v1.Member.newBuilder()
                .setName(name)
                .setAddress(address)
                .setControlPort(7071)
                .setDataPort(7072)
                .setRaftPort(7073)
                .build();
    }

    private static NodeStatus node(String name, String address, boolean witness) {
        return NodeStatus.newBuilder()
                .setName(name)
                .setAddress(address)
                .setWitness(witness)
                .setReachable(true)
                .setSoftwareVersion("0.1.0")
                .setKernel("6.18.0")
                .build();
    }

    private CheckReport check(boolean movable) {
        CheckReport.Builder report = CheckReport.newBuilder()
                .setService("ledger")
                .setFrom("node-a")
                .setTo("node-b")
                .setMovable(movable)
                .setMemoryBytes(300L << 20);
        if (!movable) {
            report.addFindings(Finding.newBuilder()
                    .setSeverity(Finding.Severity.BLOCKER)
                    .setCode("open-file-differs")
                    .setWhat("/srv/ledger.jar is another file on node-b")
                    .setWhy("the process has it mapped")
                    .setRemedy("copy it"));
        }
        return report.build();
    }

    private List<MoveUpdate> updates(String service, String id) {
        return List.of(
                update(service, id, "Planned", 0, null),
                update(service, id, "Checked", 31, check(migration != Migration.BLOCKED)),
                update(service, id, "Prepared", 45, null),
                update(service, id, "Copying", 46, null).toBuilder()
                        .setBytesDone(30L << 20)
                        .setBytesTotal(61L << 20)
                        .build());
    }

    private static MoveUpdate update(
            String service, String id, String state, double atMillis, @Nullable CheckReport check) {
        MoveUpdate.Builder update = MoveUpdate.newBuilder()
                .setMoveId(id)
                .setService(service)
                .setFrom("node-a")
                .setTo("node-b")
                .setState(state)
                .setAtMillis(atMillis);
        if (check != null) {
            update.setCheck(check);
        }
        return update.build();
    }

    private static MoveUpdate result(String service, String id, boolean moved, String reason) {
        return update(service, id, moved ? "Cleaned" : "Aborted", 812, null).toBuilder()
                .setReason(reason)
                .setBytesDone(61L << 20)
                .setBytesTotal(61L << 20)
                .setResult(MoveResult.newBuilder()
                        .setMoved(moved)
                        .setReason(reason)
                        .setNode(moved ? "node-b" : "node-a")
                        .setBytesMemory(61L << 20)
                        .setBytesWire(33L << 20)
                        .setPauseMillis(240))
                .build();
    }

    /** Serves until the process is killed; for looking at the command by hand. Argument: a folder for certificates. */
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        TestPki pki = new TestPki(folder);
        FakeCluster cluster = new FakeCluster(pki);
        cluster.migration = Migration.valueOf(args[1]);
        pki.client("operator", "operator", cluster.member()).save(folder.resolve("client.json"));
        Thread.currentThread().join();
    }
}
