package norikae.agent.capsule;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import norikae.failover.model.ServiceName;

/** An agent that starts a service, says so and waits to be killed. */
final class TestStarter {

    private TestStarter() {}

    public static void main(String[] arguments) throws Exception {
        TestNode node = new TestNode(Path.of(arguments[0]));
        ServiceName name = new ServiceName(arguments[1]);
        List<String> command = List.of(arguments).subList(2, arguments.length);
        Capsule capsule = node.manager().start(node.spec(name, command), TestNode.EPOCH, TestNode.BASE_PID);
        System.out.println("started " + capsule.initPid());
        while (true) {
            LockSupport.park();
        }
    }
}
