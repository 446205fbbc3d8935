package norikae.systemtest;

import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** When a test fails, prints what its nodes' agents said last: the laboratory and its logs are gone when the report is read. */
final class LastWords implements AfterTestExecutionCallback {

    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            System.err.println(context.getDisplayName() + " failed. What the nodes said last:");
            TestCluster.open().forEach(cluster -> System.err.println(cluster.lastWords()));
        }
    }
}
