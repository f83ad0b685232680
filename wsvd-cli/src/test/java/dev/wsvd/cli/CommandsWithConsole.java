package dev.wsvd.cli;

import picocli.CommandLine;

/** Makes the commands for picocli's own generators of shell completion and man pages, which know them by their class names. */
public final class CommandsWithConsole implements CommandLine.IFactory {
    private final CommandLine.IFactory commands = WsvdCommand.factory(new Console(System.out, System.err, false));

    @Override
    public <K> K create(Class<K> type) throws Exception {
        return commands.create(type);
    }
}
