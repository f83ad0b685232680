package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What an option takes is said in plain words, not as a type of Java. */
class UnreadableNumbersTest {
    @ParameterizedTest
    @CsvSource({
        "compress, --target, half, is not a number",
        "compress, --weakening, some, is not a number",
        "compress, --workers, x, is not a whole number",
        "compress, --workers, 1.5, is not a whole number",
        "compress, --workers, 3000000000, is out of range",
        "compress, --isolate-seconds, long, is not a whole number",
        "compress, --isolate-seconds, 9223372036854775808, is out of range",
        "quantize, --max-drop, much, is not a number"
    })
    void getTheReason(String command, String option, String value, String reason) {
        Call.assertRefused(
                2,
                "wsvd: Invalid value for option '" + option + "': '" + value + "' " + reason + System.lineSeparator()
                        + "See 'wsvd " + command + " --help'.",
                command,
                option,
                value);
    }

    @ParameterizedTest
    @MethodSource("numberOptions")
    void areRefusedAlikeByEveryOption(String command, String option) {
        Call call = Call.of(command, option + "=x");

        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.refusal())
                .matches("wsvd: Invalid value for option '" + option + "'.*: 'x' is not a (whole )?number\\R.*");
    }

    static Stream<Arguments> numberOptions() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        Console console = new Console(nowhere, nowhere, false);
        return new CommandLine(new WsvdCommand(console), WsvdCommand.factory(console))
                .getSubcommands().values().stream()
                        .map(CommandLine::getCommandSpec)
                        .flatMap(command -> command.options().stream()
                                .filter(option -> isNumber(option.type()))
                                .map(option -> Arguments.of(command.name(), option.longestName())));
    }

    private static boolean isNumber(Class<?> type) {
        return Number.class.isAssignableFrom(type) || type.isPrimitive() && type != boolean.class && type != char.class;
    }
}
