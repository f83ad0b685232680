package com.example.tiny;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.testkit.FormatFeature;
import dev.wsvd.testkit.ModelFormatContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a format lacks is seen: as tests that are skipped and say why, and never as tests that pass. */
class LackedFeaturesTest {
    @Test
    void testsOfAProbeAreSkippedWithTheReasonIfThereIsNone() {
        ContractRun run = ContractRun.of(WithoutProbe.class);

        assertThat(run.failed()).isEmpty();
        assertThat(run.skipped())
                .containsOnlyKeys(
                        "supportedLayersAreWatched",
                        "onlyLayersAskedForAreWatched",
                        "aLayerGivesWhatItsWeightMakesOfWhatItSees",
                        "theExampleHasALayerWithABias",
                        "theExampleHasALayerWithoutABias",
                        "sizesAreThoseThatTheProbeShows",
                        "tensorsKeepTheirNamesAndValuesWhenLayersAreReplaced",
                        "tensorsKeepTheirNamesAndValuesWhenSaved",
                        "aBiasCorrectionMovesWhatALayerGivesByJustThat",
                        "eachSampleIsWatchedForItself")
                .allSatisfy((test, reason) -> assertThat(reason)
                        .isEqualTo("The format or its example lacks a probe: its engine shows outputs only"));
    }

    /** Bias corrections are looked at through the outputs of the model, too. */
    @ParameterizedTest
    @CsvSource(delimiter = ':', textBlock = """
            the bias correction is ignored                               : aBiasCorrectionIsSeen
            the bias correction replaces the bias                        : aBiasCorrectionOfZeroChangesNothing
            the bias correction is dropped where there was no bias       : aBiasCorrectionIsSeen
            the bias correction is added in place, to the original's     : replacingLeavesTheOriginalAsItWas
            the bias is lost in a replacement                            : atFullRankTheModelComputesWhatItDid
            """)
    void faultsOfBiasesAreCaughtWithoutAProbe(String name, String test) throws IOException, ClassNotFoundException {
        Mutant mutant = Mutant.all().stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow();

        Class<?> contract = new MutatedClasses(mutant).loadClass(WithoutProbe.class.getName());

        assertThat(ContractRun.of(contract, test).failed()).containsOnlyKeys(test);
    }

    /** A format of vectors only. */
    static final class LinearOnly extends ModelFormatContract<Network> {
        @Override
        protected ModelFormat<Network> format() {
            return new TinyFormat();
        }

        @Override
        protected Path writeExample(Path folder) throws IOException {
            Network mixed = TinyFile.read(Files.readAllBytes(new TinyFormatTest().writeExample(folder)));
            List<Step> linear = mixed.steps().subList(3, 5);
            Network network =
                    new Network(new Step.Size(linear.get(0).op().weight().inPerGroup(), 1, 1), linear);
            return Files.write(folder.resolve("linear.tiny"), TinyFile.bytes(network));
        }
    }

    @Test
    void anExampleWithoutALayerThatAFormatDoesNotLackFails() {
        ContractRun run = ContractRun.of(LinearOnly.class, "theExampleHasWhatTheFormatCanDo");

        assertThat(run.failed().get("a Conv with padding"))
                .matches(
                        "The example '.*linear\\.tiny' lacks a Conv with padding, so nothing is known of that\\. Maybe add"
                                + " one, or give the reason in lacks\\(\\) with FormatFeature\\.PADDING\\.");
        assertThat(run.succeeded()).isEqualTo(1);
    }

    /** Says that it lacks what it has. */
    static final class Modest extends ModelFormatContract<Network> {
        @Override
        protected ModelFormat<Network> format() {
            return new TinyFormat();
        }

        @Override
        protected Path writeExample(Path folder) throws IOException {
            return new TinyFormatTest().writeExample(folder);
        }

        @Override
        protected Map<FormatFeature, String> lacks() {
            return Map.of(FormatFeature.GROUPS, "nobody has them");
        }
    }

    @Test
    void whatIsThereIsNotLacked() {
        ContractRun run = ContractRun.of(Modest.class, "theExampleHasWhatTheFormatCanDo");

        assertThat(run.failed().get("a Conv in groups that can be replaced"))
                .matches(
                        "The format says that it lacks a Conv in groups that can be replaced, but the example '.*' has it\\.");
    }
}
