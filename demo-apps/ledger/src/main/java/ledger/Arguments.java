package ledger;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The options of one program: declared with their defaults, then read from the command line. */
final class Arguments {
    static final int EXIT_USAGE = 2;

    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})([kmg]?)b?");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|)");

    private record Option(String placeholder, String standard, String help) {
        boolean isFlag() {
            return placeholder.isEmpty();
        }
    }

    /** What the user typed cannot be used; the message says what and why. */
    static final class UsageException extends RuntimeException {
        private static final long serialVersionUID = 1;

        UsageException(String message) {
            super(message);
        }
    }

    private final String program;
    private final Map<String, Option> options = new LinkedHashMap<>();
    private final Map<String, String> values = new HashMap<>();
    private final Set<String> flags = new HashSet<>();

    Arguments(String program) {
        this.program = program;
        flag("help", "show this");
    }

    Arguments option(String name, String placeholder, String standard, String help) {
        options.put(name, new Option(placeholder, standard, help));
        return this;
    }

    Arguments flag(String name, String help) {
        options.put(name, new Option("", "", help));
        return this;
    }

    Arguments parse(String... args) {
        for (int i = 0; i < args.length; i++) {
            if (!args[i].startsWith("--")) {
                throw new UsageException("unexpected argument '" + args[i] + "'; see --help");
            }
            String name = args[i].substring(2);
            Option option = options.get(name);
            if (option == null) {
                throw new UsageException("unknown option '" + args[i] + "'; see --help");
            }
            if (option.isFlag()) {
                flags.add(name);
            } else if (i + 1 == args.length) {
                throw new UsageException(args[i] + " needs a value: " + args[i] + " " + option.placeholder());
            } else {
                values.put(name, args[++i]);
            }
        }
        return this;
    }

    boolean isSet(String flag) {
        return flags.contains(flag);
    }

    String text(String name) {
        Option option = options.get(name);
        if (option == null) {
            throw new IllegalArgumentException("undeclared option " + name);
        }
        return values.getOrDefault(name, option.standard());
    }

    int integer(String name, int min, int max) {
        String text = text(name);
        try {
            int value = Integer.parseInt(text);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // told below, together with numbers out of range
        }
        throw bad(name, "a whole number from " + min + " to " + max);
    }

    double number(String name, double min, double max) {
        try {
            double value = Double.parseDouble(text(name));
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // told below, together with numbers out of range
        }
        throw bad(name, "a number from " + min + " to " + max);
    }

    /** Bytes: a whole number with {@code k}, {@code m} or {@code g} (powers of 1024) after it, or nothing. */
    long bytes(String name) {
        Matcher matcher = SIZE.matcher(text(name).toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw bad(name, "a size such as 512k, 200m or 1g");
        }
        int shift =
                switch (matcher.group(2)) {
                    case "k" -> 10;
                    case "m" -> 20;
                    case "g" -> 30;
                    default -> 0;
                };
        long number = Long.parseLong(matcher.group(1));
        if (number > Long.MAX_VALUE >> shift) {
            throw bad(name, "a size that fits into 63 bits");
        }
        return number << shift;
    }

    /** A whole number with {@code ms}, {@code s}, {@code m} or {@code h}; without one, of {@code unit}. */
    Duration duration(String name, String unit) {
        Matcher matcher = DURATION.matcher(text(name).toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw bad(name, "a duration such as 20ms, 30s or 5m");
        }
        long number = Long.parseLong(matcher.group(1));
        String given = matcher.group(2).isEmpty() ? unit : matcher.group(2);
        return switch (given) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
    }

    UsageException bad(String name, String wanted) {
        return new UsageException("--" + name + " '" + text(name) + "' is not " + wanted);
    }

    String usage() {
        StringBuilder usage = new StringBuilder("usage: " + program + " [OPTIONS]");
        options.forEach((name, option) -> {
            usage.append(String.format("%n  %-28s %s", "--" + name + " " + option.placeholder(), option.help()));
            if (!option.standard().isEmpty()) {
                usage.append(" (").append(option.standard()).append(')');
            }
        });
        return usage.toString();
    }
}
