package norikae.failover.log.ratis;

import static norikae.failover.log.ratis.TestCluster.addNode;
import static norikae.failover.log.ratis.TestCluster.knows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;

/** The state machine alone, given entries that a sound leader would never let in. */
class ClusterStateMachineTest {

    private final List<String> failures = new ArrayList<>();
    private int changes;
    private final ClusterStateMachine machine = new ClusterStateMachine(() -> changes++, failures::add, follower -> {});

    @Test
    void anEntryThatCannotBeReadStopsTheMachineAndIsNotSkipped() {
        assertThat(machine.applyTransaction(entry(1, LogCodec.encode(addNode("a", 1)))))
                .isCompleted();
        assertThatThrownBy(() -> machine.applyTransaction(entry(2, "{\"v\":7}".getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(IllegalStateException.class);
        assertThat(failures)
                .singleElement()
                .asString()
                .contains("entry 2")
                .contains("format version 7")
                .contains("stopped following the log");
        assertThat(machine.known().index()).isEqualTo(1);
        assertThat(machine.getLastAppliedTermIndex().getIndex()).isEqualTo(1);
    }

    @Test
    void aBarrierChangesNothingButThePlace() throws Exception {
        assertThat(machine.applyTransaction(entry(1, LogCodec.encode(addNode("a", 1)))))
                .isCompleted();
        assertThat(machine.applyTransaction(entry(2, LogCodec.barrier()))).isCompleted();
        assertThat(knows(machine.known().state(), "a")).isTrue();
        assertThat(machine.known().index()).isEqualTo(1);
        assertThat(changes).isEqualTo(1);
        assertThat(machine.awaitApplied(2, 0)).isTrue();
        assertThat(machine.awaitApplied(3, 1)).isFalse();
    }

    private TransactionContext entry(long index, byte[] bytes) {
        LogEntryProto entry = LogEntryProto.newBuilder()
                .setTerm(1)
                .setIndex(index)
                .setStateMachineLogEntry(StateMachineLogEntryProto.newBuilder().setLogData(ByteString.copyFrom(bytes)))
                .build();
        return TransactionContext.newBuilder()
                .setStateMachine(machine)
                .setLogEntry(entry)
                .build();
    }
}
