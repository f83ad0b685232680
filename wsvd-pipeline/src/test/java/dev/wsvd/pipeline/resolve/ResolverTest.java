package dev.wsvd.pipeline.resolve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.ProviderException;
import dev.wsvd.domain.spi.LinearAlgebraProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every row of the resolver's table, each on a classpath of its own. */
class ResolverTest {
    private static final String UNAVAILABLE =
            "public java.util.Optional<String> unavailable() { return java.util.Optional.of(\"no native for this platform; add"
                    + " org.nd4j:nd4j-native\"); }";

    @TempDir
    Path folder;

    @AfterEach
    void forgetProperty() {
        System.clearProperty("wsvd.backend");
    }

    @Test
    void noneIsAnErrorThatSaysWhatToAddAndWhereItLooked() {
        assertFails(
                resolver(),
                Optional.empty(),
                "No backend can be used. Add dev.wsvd:wsvd-backend-ejml or dev.wsvd:wsvd-backend-openblas"
                        + " or dev.wsvd:wsvd-backend-nd4j to the classpath."
                        + " Class loaders searched: test classpath.");
    }

    @Test
    void noneAvailableNamesEveryProviderThatWasThereWithItsReason() {
        Resolver<LinearAlgebraProvider> resolver = resolver(
                ProviderJar.with(folder, "Native", "nd4j", 10, UNAVAILABLE),
                ProviderJar.with(
                        folder,
                        "Throwing",
                        "odd",
                        10,
                        "public Throwing() { throw new IllegalStateException(\"no licence\"); }"),
                ProviderJar.listingOnly(folder, "gone", "jars.Gone"));

        assertFails(
                resolver,
                Optional.empty(),
                "No backend can be used. Add dev.wsvd:wsvd-backend-ejml or dev.wsvd:wsvd-backend-openblas"
                        + " or dev.wsvd:wsvd-backend-nd4j to the classpath."
                        + " Class loaders searched: test classpath."
                        + " Present but unavailable: nd4j (no native for this platform; add org.nd4j:nd4j-native);"
                        + " jars.Gone (dev.wsvd.domain.spi.LinearAlgebraProvider: Provider jars.Gone not found);"
                        + " jars.Throwing (IllegalStateException: no licence).");
    }

    @Test
    void oneIsUsedInSilence() {
        Resolver<LinearAlgebraProvider> resolver = resolver(ProviderJar.with(folder, "Ejml", "ejml", 100, ""));

        List<String> log =
                logOf(() -> assertThat(resolver.resolve(Optional.empty()).id()).isEqualTo("ejml"));

        assertThat(log).isEmpty();
    }

    @Test
    void ofSeveralTheHighestPriorityIsUsedAndLogged() {
        Resolver<LinearAlgebraProvider> resolver = two();

        List<String> log =
                logOf(() -> assertThat(resolver.resolve(Optional.empty()).id()).isEqualTo("openblas"));

        assertThat(log).containsExactly("Using the backend openblas 1.2, the highest priority of openblas, ejml.");
    }

    @Test
    void ofSeveralTheOneAskedForIsUsed() {
        assertThat(two().resolve(Optional.of("ejml")).id()).isEqualTo("ejml");
    }

    @Test
    void theSystemPropertyAsksToo() {
        System.setProperty("wsvd.backend", "ejml");

        assertThat(two().resolve(Optional.empty()).id()).isEqualTo("ejml");
    }

    @Test
    void theCallWinsOverTheSystemProperty() {
        System.setProperty("wsvd.backend", "ejml");

        assertThat(two().resolve(Optional.of("openblas")).id()).isEqualTo("openblas");
    }

    @Test
    void equalPriorityIsAnErrorThatListsTheRivals() {
        Resolver<LinearAlgebraProvider> resolver = resolver(
                ProviderJar.with(folder, "A", "alpha", 100, ""),
                ProviderJar.with(folder, "B", "beta", 100, ""),
                ProviderJar.with(folder, "C", "gamma", 1, ""));

        assertFails(
                resolver,
                Optional.empty(),
                "Several backends have priority 100: alpha, beta. Choose one by id, for instance with"
                        + " -Dwsvd.backend=alpha.");
    }

    @Test
    void anUnknownIdIsAnErrorThatListsTheIdsThereAre() {
        assertFails(
                two(),
                Optional.of("mkl"),
                "There is no backend 'mkl'. Known: openblas, ejml. Maybe add its artifact to the classpath.");
    }

    @Test
    void anUnavailableIdIsAnErrorWithItsReason() {
        assertFails(
                resolver(
                        ProviderJar.with(folder, "Native", "nd4j", 10, UNAVAILABLE),
                        ProviderJar.with(folder, "Ejml", "ejml", 100, "")),
                Optional.of("nd4j"),
                "The backend 'nd4j' is unavailable: no native for this platform; add org.nd4j:nd4j-native.");
    }

    @Test
    void theSameIdTwiceIsAnErrorThatNamesBothJars() {
        ProviderJar first = ProviderJar.with(folder, "First", "ejml", 100, "");
        ProviderJar second = ProviderJar.with(folder, "Second", "ejml", 50, "");

        assertFails(
                resolver(first, second),
                Optional.empty(),
                "The backend id 'ejml' is provided twice: by " + first.location() + " and by " + second.location()
                        + ". Remove one of them from the classpath.");
    }

    @Test
    void brokenProvidersAreListedAndNeverFatalWhileAnotherCanServe() {
        Resolver<LinearAlgebraProvider> resolver = resolver(
                ProviderJar.listingOnly(folder, "gone", "jars.Gone"),
                ProviderJar.listingOnly(folder, "garbled", "not a class name"),
                ProviderJar.with(
                        folder,
                        "Unlinked",
                        "unlinked",
                        900,
                        "public java.util.Optional<String> unavailable() { throw new NoClassDefFoundError(\"org/nd4j/Nd4j\"); }"),
                ProviderJar.with(folder, "Ejml", "ejml", 100, ""));

        assertThat(resolver.resolve(Optional.empty()).id()).isEqualTo("ejml");
        assertThat(resolver.list())
                .extracting(FoundProvider::id, FoundProvider::available)
                .contains(
                        org.assertj.core.groups.Tuple.tuple("ejml", true),
                        org.assertj.core.groups.Tuple.tuple("jars.Gone", false),
                        org.assertj.core.groups.Tuple.tuple("jars.Unlinked", false))
                .hasSize(4);
    }

    private Resolver<LinearAlgebraProvider> two() {
        return resolver(
                ProviderJar.with(folder, "Ejml", "ejml", 100, ""),
                ProviderJar.with(folder, "OpenBlas", "openblas", 200, ""));
    }

    private static Resolver<LinearAlgebraProvider> resolver(ProviderJar... jars) {
        return Resolver.backends().searching(ProviderJar.classpath(jars));
    }

    private static void assertFails(
            Resolver<LinearAlgebraProvider> resolver, Optional<String> askedFor, String message) {
        assertThatThrownBy(() -> resolver.resolve(askedFor))
                .isInstanceOf(ProviderException.class)
                .hasMessage(message);
    }

    private static List<String> logOf(Runnable work) {
        List<String> lines = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                lines.add(new SimpleFormatter().formatMessage(record));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("dev.wsvd");
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
        try {
            work.run();
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
        return lines;
    }
}
