package norikae.agent.cli;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** For a terminal: a bar that goes away when it is full. */
final class BarGauge implements TextMoveProgress.Gauge {

    private static final int WIDTH = 78;
    private static final long UNIT = 1 << 20;

    private final PrintStream err;
    private final String task;
    private @Nullable ProgressBar bar;

    BarGauge(PrintStream err, String task) {
        this.err = err;
        this.task = task;
    }

    @Override
    public boolean isOpen() {
        return bar != null;
    }

    @Override
    public boolean holdsLines() {
        return true;
    }

    @Override
    public void show(String state, long done, long total) {
        if (bar == null) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(total)
                    .setUnit(" MiB", UNIT)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(100)
                    .setConsumer(new ConsoleProgressBarConsumer(err, WIDTH))
                    .clearDisplayOnFinish()
                    .hideEta()
                    .showSpeed()
                    .build();
        }
        bar.maxHint(total);
        bar.stepTo(done);
        bar.setExtraMessage(" " + state);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
