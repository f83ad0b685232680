package com.example.tiny;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of model formats finds the faults that people make: each of many, planted in the example of the guide. */
class MutantsTest {
    private static final String CONTRACT = TinyFormatTest.class.getName();

    static List<Mutant> mutants() throws IOException {
        return Mutant.all();
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void isCaught(Mutant mutant) throws IOException, ClassNotFoundException {
        Class<?> contract = new MutatedClasses(mutant).loadClass(CONTRACT);
        assertThat(mutant.catches()).isNotEmpty().allSatisfy(expected -> {
            ContractRun run = ContractRun.of(contract, expected.test());
            assertThat(run.failed()).containsOnlyKeys(expected.test());
            assertThat(run.failed().get(expected.test())).contains(expected.message());
        });
    }

    @Test
    void nothingIsFoundWhereNothingIsPlanted() throws IOException, ClassNotFoundException {
        Class<?> contract = new MutatedClasses(new Mutant("none", List.of(), List.of())).loadClass(CONTRACT);
        ContractRun run = ContractRun.of(contract);
        assertThat(run.failed()).isEmpty();
        assertThat(run.skipped()).isEmpty();
        assertThat(run.succeeded()).isGreaterThan(60);
    }
}
