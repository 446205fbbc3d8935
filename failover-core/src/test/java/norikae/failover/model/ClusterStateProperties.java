package norikae.failover.model;

import static norikae.failover.model.ClusterStateTest.addNode;
import static norikae.failover.model.ClusterStateTest.define;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds after any commands in any order, from honest and confused senders alike. */
class ClusterStateProperties {

    @Property(tries = 2_000)
    void noServiceEverHasTwoOwnersUnderOneEpochAndEpochsOnlyGrow(@ForAll("commands") List<Command> commands) {
        Map<String, NodeId> owners = new HashMap<>();
        ClusterState state = start();
        for (Command command : commands) {
            ClusterState next = state.apply(command).state();
            for (ServiceRecord service : next.services().values()) {
                // A service that was removed and defined anew begins again: its base pid tells the two apart.
                String right = service.spec().name() + "/" + service.basePid() + "/" + service.epoch();
                NodeId before = owners.putIfAbsent(right, service.owner());
                assertThat(before == null || before.equals(service.owner()))
                        .as("%s: %s and %s under one epoch, by %s", right, before, service.owner(), command)
                        .isTrue();
                ServiceRecord old = state.services().get(service.spec().name());
                if (old != null) {
                    assertThat(service.epoch()).isGreaterThanOrEqualTo(old.epoch());
                    assertThat(service.basePid()).isEqualTo(old.basePid());
                    if (!service.owner().equals(old.owner())) {
                        assertThat(service.epoch()).isGreaterThan(old.epoch());
                    }
                }
            }
            state = next;
        }
    }

    @Property(tries = 2_000)
    void anEndedMoveStaysEndedAndAnAbortedOneNeverCommits(@ForAll("commands") List<Command> commands) {
        ClusterState state = start();
        for (Command command : commands) {
            ClusterState next = state.apply(command).state();
            for (MoveRecord move : next.moves().values()) {
                MoveRecord old = state.moves().get(move.id());
                if (old == null) {
                    assertThat(move.phase()).isEqualTo(MoveRecord.Phase.PREPARING);
                } else if (old.phase().ended()) {
                    assertThat(move).isEqualTo(old);
                } else if (old.phase() != MoveRecord.Phase.PREPARING) {
                    assertThat(move.phase()).isNotEqualTo(MoveRecord.Phase.ABORTED);
                }
            }
            state = next;
        }
    }

    @Property(tries = 2_000)
    void invariantsOfEachState(@ForAll("commands") List<Command> commands) {
        ClusterState state = start();
        for (Command command : commands) {
            ClusterState.Applied applied = state.apply(command);
            if (applied.outcome() instanceof Outcome.Refused) {
                assertThat(applied.state()).isEqualTo(state);
            }
            state = applied.state();
            Set<Integer> basePids = new HashSet<>();
            Set<String> addresses = new HashSet<>();
            for (ServiceRecord service : state.services().values()) {
                assertThat(basePids.add(service.basePid()))
                        .as("base pids are unique")
                        .isTrue();
                assertThat(addresses.add(service.spec().address().ip()))
                        .as("addresses are unique")
                        .isTrue();
                NodeRecord owner = state.nodes().get(service.owner());
                assertThat(owner != null && !owner.witness())
                        .as("%s is owned by a member that can run it", service)
                        .isTrue();
            }
            for (ServiceName name : state.services().keySet()) {
                assertThat(state.moves().values().stream()
                                .filter(m ->
                                        m.service().equals(name) && !m.phase().ended())
                                .count())
                        .isLessThanOrEqualTo(1);
            }
        }
    }

    @Property(tries = 1_000)
    void askingAgainAtOnceIsNeverHarmful(@ForAll("commands") List<Command> commands) {
        ClusterState state = start();
        for (Command command : commands) {
            state = state.apply(command).state();
            ClusterState again = state.apply(command).state();
            assertThat(again.nodes()).isEqualTo(state.nodes());
            assertThat(again.services()).isEqualTo(state.services());
            assertThat(again.moves()).isEqualTo(state.moves());
            assertThat(again.tokens()).isEqualTo(state.tokens());
        }
    }

    private static ClusterState start() {
        ClusterState state = ClusterState.EMPTY;
        for (Command command : List.of(
                addNode(new NodeId("a"), "10.77.0.1", false),
                addNode(new NodeId("b"), "10.77.0.2", false),
                addNode(new NodeId("c"), "10.77.0.3", false),
                define("s1", "10.77.0.50", new NodeId("a")),
                new Command.ReportService(
                        new ServiceName("s1"), new NodeId("a"), Epoch.FIRST, ServiceRecord.Phase.RUNNING, "", 1))) {
            state = state.apply(command).state();
        }
        return state;
    }

    @Provide
    Arbitrary<List<Command>> commands() {
        Arbitrary<NodeId> nodes = Arbitraries.of("a", "b", "c", "w").map(NodeId::new);
        Arbitrary<ServiceName> services = Arbitraries.of("s1", "s2").map(ServiceName::new);
        Arbitrary<MoveId> moves = Arbitraries.of("m1", "m2", "m3", "m4").map(MoveId::new);
        Arbitrary<Epoch> epochs = Arbitraries.longs().between(1, 6).map(Epoch::new);
        Arbitrary<Long> times = Arbitraries.longs().between(0, 100);
        Arbitrary<Command> begin =
                Combinators.combine(moves, services, nodes, nodes, times).as(Command.BeginMove::new);
        Arbitrary<Command> commit = Combinators.combine(moves, times).as(Command.CommitMove::new);
        Arbitrary<Command> resumed = Combinators.combine(moves, times).as(Command.MarkResumed::new);
        Arbitrary<Command> other = Arbitraries.oneOf(
                Combinators.combine(nodes, Arbitraries.integers().between(1, 5), Arbitraries.of(true, false))
                        .as((id, octet, witness) -> addNode(id, "10.77.0." + octet, witness)),
                Combinators.combine(nodes, times).as(Command.RemoveNode::new),
                Combinators.combine(services, Arbitraries.integers().between(49, 51), nodes)
                        .as((name, octet, owner) -> define(name.value(), "10.77.0." + octet, owner)),
                Combinators.combine(services, nodes, epochs, Arbitraries.of(ServiceRecord.Phase.class), times)
                        .as((s, n, e, p, t) -> new Command.ReportService(s, n, e, p, "", t)),
                Combinators.combine(services, epochs, times).as(Command.RemoveService::new),
                Combinators.combine(moves, times).as((m, t) -> new Command.AbortMove(m, "reason", t)),
                Combinators.combine(moves, times).as((m, t) -> new Command.RevertMove(m, "proof", t)),
                Combinators.combine(moves, times).as((m, t) -> new Command.FinishMove(m, new TreeMap<>(), t)),
                Combinators.combine(Arbitraries.of("t1", "t2"), times, times).as(Command.IssueToken::new),
                Combinators.combine(Arbitraries.of("t1", "t2"), times).as(Command.SpendToken::new),
                times.map(t -> new Command.RecordEvent("kind", "subject", "text", new TreeMap<>(), t)));
        // Moves are asked for more often than the rest, so that sequences get far.
        return Arbitraries.frequencyOf(
                        net.jqwik.api.Tuple.of(4, begin),
                        net.jqwik.api.Tuple.of(4, commit),
                        net.jqwik.api.Tuple.of(2, resumed),
                        net.jqwik.api.Tuple.of(10, other))
                .list()
                .ofMinSize(1)
                .ofMaxSize(60);
    }
}
