package norikae.fencing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import norikae.failover.fencing.Fencer;
import norikae.failover.fencing.FencingResult;
import norikae.failover.fencing.FencingResult.Confirmed;
import norikae.failover.fencing.FencingResult.Unproven;
import norikae.failover.fencing.ProofKind;
import norikae.fencing.device.Deadline;

/**
 * Several ways to stop one server, tried in order until one succeeds. Each gets an equal share of the time that is left
 * when its turn comes, so that a device that does not answer cannot use up what the next one needs.
 */
final class LevelledFencer implements Fencer {

    private final List<Level> levels;

    LevelledFencer(List<Level> levels) {
        if (levels.isEmpty()) {
            throw new IllegalArgumentException("there must be a level");
        }
        this.levels = List.copyOf(levels);
    }

    @Override
    public String description() {
        return levels.stream().map(Level::description).collect(Collectors.joining(", else "));
    }

    @Override
    public FencingResult stop(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.after(patience);
        List<String> whys = new ArrayList<>();
        for (int i = 0; i < levels.size(); i++) {
            Duration share = deadline.left().dividedBy(levels.size() - i);
            switch (levels.get(i).stop(share)) {
                case Confirmed confirmed -> {
                    return new Confirmed(confirmed.kind(), levelName(i) + ": " + confirmed.how());
                }
                case Unproven unproven -> whys.add(levelName(i) + ": " + unproven.why());
            }
        }
        return new Unproven(String.join("; ", whys));
    }

    /** Ready if any level is; tells of each, because a broken one behind a good one is found out in no other way. */
    @Override
    public Readiness check(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.after(patience);
        List<Readiness> found = new ArrayList<>();
        List<String> details = new ArrayList<>();
        for (int i = 0; i < levels.size(); i++) {
            Readiness readiness = levels.get(i).check(deadline.left().dividedBy(levels.size() - i));
            found.add(readiness);
            details.add(levelName(i) + (readiness.ready() ? " ready: " : " NOT ready: ") + readiness.detail());
        }
        return new Readiness(found.stream().anyMatch(Readiness::ready), String.join("; ", details));
    }

    private static String levelName(int index) {
        return "level " + (index + 1);
    }

    /** Devices that must all confirm, such as the outlets of redundant power supplies; asked at the same time. */
    record Level(List<Fencer> devices) {

        Level {
            devices = List.copyOf(devices);
            if (devices.isEmpty()) {
                throw new IllegalArgumentException("a level must have a device");
            }
        }

        String description() {
            return devices.stream().map(Fencer::description).collect(Collectors.joining(" and "));
        }

        FencingResult stop(Duration patience) throws InterruptedException {
            List<FencingResult> results = Together.ask(
                    devices,
                    patience,
                    device -> device.stop(patience),
                    (device, why) -> new Unproven(device.description() + ": " + why));
            String whys = results.stream()
                    .filter(Unproven.class::isInstance)
                    .map(result -> ((Unproven) result).why())
                    .collect(Collectors.joining(" and "));
            if (!whys.isEmpty()) {
                return new Unproven(whys);
            }
            List<Confirmed> confirmed =
                    results.stream().map(Confirmed.class::cast).toList();
            Predicate<ProofKind> weaker = kind -> kind != ProofKind.CONFIRMED_OFF;
            ProofKind kind = confirmed.stream()
                    .map(Confirmed::kind)
                    .filter(weaker)
                    .findFirst()
                    .orElse(ProofKind.CONFIRMED_OFF);
            return new Confirmed(kind, confirmed.stream().map(Confirmed::how).collect(Collectors.joining(" and ")));
        }

        Readiness check(Duration patience) throws InterruptedException {
            List<Readiness> all = Together.ask(
                    devices,
                    patience,
                    device -> device.check(patience),
                    (device, why) -> new Readiness(false, device.description() + ": " + why));
            return new Readiness(
                    all.stream().allMatch(Readiness::ready),
                    all.stream().map(Readiness::detail).collect(Collectors.joining(" and ")));
        }
    }
}
