package norikae.lab;

import java.util.function.Consumer;

/** Makes a cluster of the nodes of a fresh laboratory. */
final class ClusterBootstrap {

    private final Lab lab;
    private final Consumer<String> progress;

    ClusterBootstrap(Lab lab, Consumer<String> progress) {
        this.lab = lab;
        this.progress = progress;
    }

    void run() {
        progress.accept("forming the cluster of laboratory " + lab.options().name());
    }
}
