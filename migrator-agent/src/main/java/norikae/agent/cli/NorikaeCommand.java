package norikae.agent.cli;

import java.io.Console;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Function;
import norikae.agent.config.AgentDirectories;
import norikae.agent.config.ClientConfigLookup;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code norikae}: what the operator types. Its {@link #main} puts the command tree together, runs one command and ends
 * the process with its {@link ExitCode}.
 *
 * <p>Start time is what a person feels most, so only the command that was named is built, providers are looked at only
 * when no built-in command has the name, and logging libraries stay asleep.
 */
@Command(
        name = "norikae",
        description = "Move running processes between servers without their users noticing.",
        subcommandsRepeatable = false)
public final class NorikaeCommand implements Runnable {

    /** Built-in commands by name, in the order in which help shows them. */
    private static final Map<String, Function<CliContext, CommandLine>> BUILT_IN = builtIn();

    @Spec
    @SuppressWarnings("NullAway.Init") // injected
    private CommandSpec spec;

    private NorikaeCommand() {}

    /** Runs one command and ends the process. */
    public static void main(String[] args) {
        quietLogging();
        ProcessInterrupts interrupts = new ProcessInterrupts();
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        CliContext context = new CliContext(
                System.in,
                out,
                err,
                isTerminal(),
                ClientConfigLookup.ofThisProcess(),
                AgentDirectories.fromSystemProperties(),
                interrupts);
        int code = execute(context, args);
        out.flush();
        err.flush();
        interrupts.finished(code);
        System.exit(code);
    }

    @SuppressWarnings("SystemConsoleNull") // JDK 25 returns null again where there is no terminal
    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
    }

    /** Libraries log to nobody here: what a person must know comes as a message of ours. */
    private static void quietLogging() {
        System.setProperty("slf4j.provider", "org.slf4j.helpers.NOP_FallbackServiceProvider");
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        System.setProperty("java.util.logging.config.class", SilentLogging.class.getName());
    }

    /** Runs one command; everything it needs of the world comes with the context. */
    static int execute(CliContext context, String... args) {
        String first = args.length == 0 ? "" : args[0];
        List<String> names = BUILT_IN.containsKey(first) ? List.of(first) : new ArrayList<>(BUILT_IN.keySet());
        CommandLine line = commandLine(context, names, !BUILT_IN.containsKey(first));
        return line.execute(args);
    }

    /** The command tree with everything in it. */
    static CommandLine everything(CliContext context) {
        return commandLine(context, new ArrayList<>(BUILT_IN.keySet()), true);
    }

    private static CommandLine commandLine(CliContext context, List<String> names, boolean withProviders) {
        CommandLine line = new CommandLine(new NorikaeCommand());
        Groups.addHelp(line);
        for (String name : names) {
            Function<CliContext, CommandLine> factory = BUILT_IN.get(name);
            if (factory != null) {
                line.addSubcommand(name, factory.apply(context));
            }
        }
        if (withProviders) {
            ServiceLoader.load(CommandProvider.class).forEach(provider -> line.addSubcommand(provider.command()));
        }
        line.setOut(new PrintWriter(context.out(), true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(context.err(), true, StandardCharsets.UTF_8));
        Errors errors = new Errors(context.err());
        line.setParameterExceptionHandler(errors);
        line.setExecutionExceptionHandler(errors);
        addExitCodes(line);
        return line;
    }

    private static void addExitCodes(CommandLine line) {
        List<String> footer = new ArrayList<>(
                Arrays.asList(line.getCommandSpec().usageMessage().footer()));
        footer.addAll(ExitCode.helpLines());
        line.getCommandSpec().usageMessage().footer(footer.toArray(String[]::new));
        line.getSubcommands().values().forEach(NorikaeCommand::addExitCodes);
    }

    private static Map<String, Function<CliContext, CommandLine>> builtIn() {
        Map<String, Function<CliContext, CommandLine>> all = new LinkedHashMap<>();
        all.put("status", c -> new CommandLine(new StatusCommand(c)));
        all.put("run", c -> new CommandLine(new RunCommand(c)));
        all.put("stop", c -> new CommandLine(new StopCommand(c)));
        all.put("check", c -> new CommandLine(new CheckCommand(c)));
        all.put("migrate", c -> new CommandLine(new MigrateCommand(c)));
        all.put("drain", c -> new CommandLine(new DrainCommand(c)));
        all.put("logs", c -> new CommandLine(new LogsCommand(c)));
        all.put("events", c -> new CommandLine(new EventsCommand(c)));
        all.put("failover", FailoverCommand::commandLine);
        all.put("volume", VolumeCommands::commandLine);
        all.put("node", NodeCommands::commandLine);
        all.put("cluster", ClusterCommands::commandLine);
        all.put("operator", OperatorCommands::commandLine);
        all.put("completion", c -> new CommandLine(new CompletionCommand(c, () -> everything(c))));
        all.put("version", c -> new CommandLine(new VersionCommand(c)));
        return all;
    }

    /** Without a command there is nothing to do. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a command");
    }
}
