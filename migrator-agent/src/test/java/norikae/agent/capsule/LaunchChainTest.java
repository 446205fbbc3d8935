package norikae.agent.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import norikae.failover.model.Limits;
import norikae.failover.model.OcfResource;
import norikae.failover.model.ServiceAddress;
import norikae.failover.model.ServiceName;
import norikae.failover.model.ServiceSpec;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Needs the tools that a node has. */
@Tag("system")
class LaunchChainTest {

    private static final Account NOBODY = new Account("nobody", 65534, 65534, "/nonexistent");
    private static final Account ROOT = new Account("root", 0, 0, "/root");

    @Test
    void theServiceRunsOnceEveryLinkOfTheChainHasReplacedItself() throws Exception {
        List<String> command = List.of("/srv/shop", "--name", "käse", "");
        LaunchChain chain = chain(NOBODY, new Limits(null, null, null, 100), command);
        List<String> words = chain.words(Path.of("/run/netns/nk-shop"), List.of(Path.of("/cg/cgroup.procs")), 4000);

        String tini = Tools.find("tini");
        List<String> inside = new ArrayList<>(words.subList(words.indexOf(Tools.find("prlimit")), words.size() - 1));
        List<String> byTini = new ArrayList<>(List.of(tini, "--"));
        byTini.addAll(inside);
        assertThat(chain.past(List.of())).as("in the middle of execve").isFalse();
        assertThat(chain.past(byTini)).isFalse();
        assertThat(chain.past(inside)).isFalse();
        assertThat(chain.past(inside.subList(inside.indexOf(Tools.find("setpriv")), inside.size())))
                .isFalse();
        assertThat(chain.past(command.subList(0, 3))).isTrue();
        assertThat(chain.past(List.of("/bin/sh", "/srv/shop", "--name", "käse")))
                .isTrue();
        assertThat(chain.past(List.of("shop: idle"))).isTrue();
    }

    @Test
    void aServiceMayBringAnInitOfItsOwn() throws Exception {
        String tini = Tools.find("tini");
        LaunchChain chain = chain(ROOT, Limits.NONE, List.of(tini, "--", "shop"));
        assertThat(chain.past(List.of(tini, "--", tini, "--", "shop"))).isFalse();
        assertThat(chain.past(List.of(tini, "--", "shop"))).isTrue();
    }

    @Test
    void aServiceOfAResourceAgentRunsOnceTheAgentHasStartedIt() throws Exception {
        ServiceSpec spec = new ServiceSpec(
                new ServiceName("shop"),
                List.of(),
                ServiceAddress.parse("10.0.0.1/24"),
                new TreeMap<>(),
                NOBODY.name(),
                "/",
                Limits.NONE,
                null,
                null,
                null,
                null,
                OcfResource.parse("ocf:heartbeat:Dummy", Map.of()));
        List<String> command = ServiceCommand.of(spec);
        LaunchChain chain = new LaunchChain(spec, NOBODY, command);
        List<String> words = chain.words(Path.of("/run/netns/nk-shop"), List.of(), 4000);

        for (List<String> wrapper : List.of(
                ServiceCommand.preparedBy(spec).getFirst(),
                ServiceCommand.preparedBy(spec).getLast(),
                LaunchChain.asUser(NOBODY).getFirst(),
                ServiceCommand.startedBy(spec).getFirst())) {
            int at = java.util.Collections.indexOfSubList(words, wrapper);
            assertThat(at).as("%s in %s", wrapper, words).isPositive();
            assertThat(chain.past(words.subList(at, words.size())))
                    .as("%s", wrapper)
                    .isFalse();
        }
        assertThat(words).endsWith("/usr/lib/ocf/resource.d/heartbeat/Dummy");
        assertThat(chain.past(command)).isTrue();
    }

    @Test
    void rootNeedsNoSetpriv() throws Exception {
        LaunchChain chain = chain(ROOT, Limits.NONE, List.of("shop", "-v"));
        List<String> words = chain.words(Path.of("/run/netns/nk-shop"), List.of(Path.of("/cg/cgroup.procs")), 4000);
        assertThat(words)
                .endsWith("1", "4000", "/cg/cgroup.procs", "shop", "-v")
                .noneMatch(w -> w.contains("setpriv"));
        assertThat(words.getFirst()).startsWith("/");
    }

    private static LaunchChain chain(Account account, Limits limits, List<String> command) throws CapsuleException {
        ServiceSpec spec = new ServiceSpec(
                new ServiceName("shop"),
                command,
                ServiceAddress.parse("10.0.0.1/24"),
                new TreeMap<>(),
                account.name(),
                "/",
                limits,
                null);
        return new LaunchChain(spec, account, command);
    }
}
