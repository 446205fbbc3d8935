package norikae.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import norikae.agent.api.v1.JoinRequest;
import norikae.agent.cli.CliRig.Result;
import norikae.agent.client.FakeCluster;
import norikae.agent.client.TestPki;
import norikae.agent.config.AgentConfig;
import norikae.agent.config.ClientConfig;
import norikae.agent.security.ClusterAuthority;
import norikae.agent.security.Identity;
import norikae.agent.security.JoinTicket;
import norikae.failover.model.NodeId;
import norikae.transfer.PeerIdentity;
import norikae.transfer.PeerIdentity.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterLifeTest {

    @TempDir
    Path folder = Path.of("set by JUnit");

    private Result init(CliRig cli, String... more) {
        String[] args = {"cluster", "init", "--cluster", "lab", "--node", "node-a", "--address", "127.0.0.1"};
        String[] all = java.util.Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        return cli.run(all);
    }

    @Test
    void initMakesANodeAndItsFirstOperator() throws Exception {
        CliRig cli = new CliRig(folder);
        Result result = init(cli, "--control-port", "17071");
        assertThat(result.code()).as(result.toString()).isZero();
        assertThat(result.out()).startsWith("cluster lab made, with node node-a at 127.0.0.1\n");

        AgentConfig config = AgentConfig.load(cli.directories());
        assertThat(config.bootstrap()).isTrue();
        assertThat(config.controlPort()).isEqualTo(17071);
        assertThat(Identity.load(cli.directories().pki()).peer()).isEqualTo(new PeerIdentity("node-a", Role.NODE));
        ClientConfig client = ClientConfig.load(cli.clientFile());
        assertThat(client.members()).containsExactly(new ClientConfig.Member("127.0.0.1", 17071));
        assertThat(Identity.load(client.certificate(), client.key(), client.authority(), InstantSource.system())
                        .peer())
                .isEqualTo(new PeerIdentity("operator", Role.OPERATOR));
    }

    @Test
    void initRefusesToReplaceACluster() {
        CliRig cli = new CliRig(folder);
        assertThat(init(cli).code()).isZero();
        Result again = init(cli);
        assertThat(again.code()).isEqualTo(ExitCode.PRECONDITION.number());
        assertThat(again.err()).startsWith("norikae: this machine is node node-a of cluster lab already");
    }

    @Test
    void initRefusesToReplaceAnOperatorsConfiguration() throws Exception {
        CliRig cli = new CliRig(folder);
        Path other = folder.resolve("mine.json");
        Files.writeString(other, "{}");
        Result result = init(cli, "--client-config", other.toString());
        assertThat(result.code()).isEqualTo(ExitCode.PRECONDITION.number());
        assertThat(result.err()).contains(other + " exists already");
        assertThat(cli.directories().home()).doesNotExist();
    }

    @Test
    void initGoesOnWhereItBrokeOffButNotOnTheRemainsOfAnotherCluster() throws Exception {
        CliRig cli = new CliRig(folder);
        assertThat(init(cli).code()).isZero();
        Files.delete(cli.directories().configFile());
        Files.delete(cli.clientFile());
        Result other = cli.run("cluster", "init", "--cluster", "prod", "--node", "node-a", "--address", "127.0.0.1");
        assertThat(other.err()).contains("holds what is left of a cluster");
        assertThat(init(cli).code()).isZero();
    }

    @Test
    void initNamesTheOptionThatIsWrong() {
        CliRig cli = new CliRig(folder);
        assertThat(init(cli, "--bridge", "a b").err()).startsWith("norikae: --bridge: 'a b' is not a name");
        assertThat(init(cli, "--data-port", "7071").err()).contains("must differ from each other");
        assertThat(init(cli, "--raft-port", "70000").err()).contains("--raft-port 70000 is out of range");
        assertThat(cli.run("cluster", "init", "--cluster", "Lab", "--node", "n", "--address", "10.0.0.1")
                        .err())
                .startsWith("norikae: --cluster: cluster name 'Lab' is not a valid name");
        assertThat(cli.directories().home()).doesNotExist();
    }

    @Test
    void aNodeJoinsWithAToken() throws Exception {
        CliRig first = new CliRig(folder.resolve("a"));
        assertThat(init(first).code()).isZero();
        Path pki = first.directories().pki();
        Identity identity = Identity.load(pki);
        ClusterAuthority authority = ClusterAuthority.load(pki, InstantSource.system());
        try (FakeCluster cluster = new FakeCluster(
                new TestPki.Issued(identity.certificate(), identity.privateKey()), identity.authority())) {
            cluster.joinAuthority = authority;
            JoinTicket ticket = JoinTicket.issue(authority, cluster.member().toString(), Duration.ofMinutes(5));
            CliRig second = new CliRig(folder.resolve("b")).withInput(ticket.encode() + "\n");
            Result result = second.run("node", "join", "-", "--node", "node-b", "--address", "10.77.0.12", "--witness");
            assertThat(result.code()).as(result.toString()).isZero();

            assertThat(cluster.requests).singleElement().isInstanceOfSatisfying(JoinRequest.class, r -> {
                assertThat(r.getTokenId()).isEqualTo(ticket.id());
                assertThat(r.getMember().getWitness()).isTrue();
            });
            AgentConfig config = AgentConfig.load(second.directories());
            assertThat(config.cluster()).isEqualTo("lab");
            assertThat(config.bootstrap()).isFalse();
            assertThat(config.witness()).isTrue();
            assertThat(config.members()).extracting(m -> m.id()).containsExactly(new NodeId("node-a"));
            assertThat(Identity.load(second.directories().pki()).peer())
                    .isEqualTo(new PeerIdentity("node-b", Role.NODE));
            try (var files = Files.list(second.directories().home())) {
                assertThat(files.map(f -> f.getFileName().toString()))
                        .as("the ticket's certificate is not kept")
                        .containsExactlyInAnyOrder("node.json", "pki");
            }
            assertThat(second.run("node", "join", "x", "--node", "node-b", "--address", "10.77.0.12")
                            .err())
                    .contains("this machine is node node-b of cluster lab already");
        }
    }

    @Test
    void aTextThatIsNoTokenIsRefused() {
        CliRig cli = new CliRig(folder);
        Result result = cli.run("node", "join", "rubbish", "--node", "node-b", "--address", "10.77.0.12");
        assertThat(result.code()).isEqualTo(ExitCode.USAGE.number());
        assertThat(result.err()).startsWith("norikae: this is not a join token");
        assertThat(cli.run("node", "join", "-", "--node", "node-b", "--address", "10.77.0.12")
                        .err())
                .startsWith("norikae: there is no token on standard input");
    }
}
