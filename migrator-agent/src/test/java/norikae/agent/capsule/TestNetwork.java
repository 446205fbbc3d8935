package norikae.agent.capsule;

import java.lang.reflect.Method;
import java.util.List;
import norikae.linux.LinkLayer;
import norikae.linux.NetworkNamespace;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/** Runs every method of a test class in a network namespace of its own, which has a bridge and is gone afterwards. */
final class TestNetwork implements BeforeAllCallback, AfterAllCallback, InvocationInterceptor {

    static final String BRIDGE = "br0";
    static final String BRIDGE_ADDRESS = "10.213.78.1";

    private final String name = "nkct" + ProcessHandle.current().pid();

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        NetworkNamespace.create(name);
        LinkLayer.ipIn(
                name,
                List.of(
                        "link set lo up",
                        "link add " + BRIDGE + " type bridge",
                        "addr add " + BRIDGE_ADDRESS + "/24 dev " + BRIDGE,
                        "link set " + BRIDGE + " up"));
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        NetworkNamespace.delete(name);
    }

    @Override
    public void interceptBeforeEachMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        inside(invocation);
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        inside(invocation);
    }

    @Override
    public void interceptAfterEachMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        inside(invocation);
    }

    private void inside(Invocation<Void> invocation) throws Throwable {
        Throwable[] failure = new Throwable[1];
        NetworkNamespace.named(name).call(() -> {
            try {
                invocation.proceed();
            } catch (Throwable t) {
                failure[0] = t;
            }
            return null;
        });
        if (failure[0] != null) {
            throw failure[0];
        }
    }
}
