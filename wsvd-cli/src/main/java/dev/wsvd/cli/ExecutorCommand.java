package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine;

/** What an executor of a {@link dev.wsvd.domain.spi.Cluster} makes of a command line. */
public final class ExecutorCommand {
    private ExecutorCommand() {}

    /**
     * The compressor of {@code wsvd compress}, as the driver has it.
     *
     * @param words that the {@link dev.wsvd.domain.spi.Cluster} was given
     * @param files the folder in which its files lie by their names
     * @param closed takes the opened model
     * @throws InvalidInputException if they cannot be used
     */
    public static ModelCompressor<?> compressor(List<String> words, Path files, Consumer<AutoCloseable> closed) {
        CompressorArguments asked = new CompressorArguments();
        CommandLine line = new CommandLine(asked);
        WsvdCommand.register(line);
        try {
            line.parseArgs(ExecutorWords.read(words, files));
        } catch (CommandLine.ParameterException e) {
            throw new InvalidInputException("An executor does not understand the command: " + e.getMessage() + ".", e);
        }
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        return compressor(asked, new Console(nowhere, nowhere, false), closed);
    }

    private static ModelCompressor<?> compressor(
            CompressorArguments asked, Console console, Consumer<AutoCloseable> closed) {
        OpenedModel<?> opened = asked.opened(console);
        closed.accept(opened.model());
        return asked.compressor(opened, asked.parameters(opened, console));
    }
}
