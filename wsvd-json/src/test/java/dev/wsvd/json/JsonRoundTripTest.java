package dev.wsvd.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever is written is read back, with any names and any numbers. */
class JsonRoundTripTest {
    private static Path folder;

    @BeforeContainer
    static void makeFolder() throws IOException {
        folder = Files.createTempDirectory("wsvd-json");
    }

    @AfterContainer
    static void removeFolder() throws IOException {
        Files.deleteIfExists(folder.resolve("scores.json"));
        Files.deleteIfExists(folder.resolve("plan.json"));
        Files.delete(folder);
    }

    @Property(tries = 200)
    void scores(@ForAll("scoreRecords") ScoreRecord scores) {
        JsonScores store = JsonScores.at(folder.resolve("scores.json"));
        store.save(scores);
        assertThat(store.load()).contains(scores);
    }

    @Property(tries = 200)
    void plans(@ForAll("models") ModelIdentity model, @ForAll("plans") Plan plan) {
        Path file = folder.resolve("plan.json");
        JsonPlans.write(file, model, plan);
        PlanFile read = JsonPlans.read(file);
        assertThat(read).isEqualTo(new PlanFile(Optional.of(model), Optional.empty(), plan));
        assertThat(read.plan().decisions().keySet())
                .containsExactlyElementsOf(plan.decisions().keySet());
    }

    @Provide
    Arbitrary<ScoreRecord> scoreRecords() {
        Arbitrary<EvaluatorIdentity> evaluators = Combinators.combine(
                        names(), Arbitraries.longs().greaterOrEqual(0), Arbitraries.of("", "ab12"))
                .as(EvaluatorIdentity::new);
        Arbitrary<ScoreTable.Entry> entry =
                Combinators.combine(finite(), finite()).as(ScoreTable.Entry::new);
        Arbitrary<Candidate> candidate =
                Combinators.combine(layers(), choices()).as(Candidate::new);
        Arbitrary<ScoreTable> tables = Combinators.combine(
                        finite().optional(), Arbitraries.maps(candidate, entry).ofMaxSize(20))
                .as((baseline, entries) ->
                        ScoreTable.of(baseline.map(OptionalDouble::of).orElseGet(OptionalDouble::empty), entries));
        return Combinators.combine(models().optional(), evaluators.optional(), tables)
                .as(ScoreRecord::new);
    }

    @Provide
    Arbitrary<Plan> plans() {
        Decision keep = new Decision.Keep(JsonPlans.DENSE);
        Arbitrary<Decision> decisions =
                Arbitraries.oneOf(choices().map(c -> (Decision) new Decision.Change(c)), Arbitraries.just(keep));
        return Arbitraries.maps(layers(), decisions).ofMaxSize(20).map(Plan::new);
    }

    @Provide
    Arbitrary<ModelIdentity> models() {
        return Combinators.combine(names(), Arbitraries.of("ab12", "0")).as(ModelIdentity::new);
    }

    private static Arbitrary<Choice> choices() {
        return Combinators.combine(
                        names().filter(form -> !form.isBlank()),
                        Arbitraries.integers()
                                .greaterOrEqual(1)
                                .list()
                                .ofMinSize(1)
                                .ofMaxSize(3))
                .as(Choice::new);
    }

    private static Arbitrary<LayerId> layers() {
        return names().filter(name -> !name.isBlank()).map(LayerId::new);
    }

    /** Unpaired surrogates have no UTF-8 form, so no file can hold them. */
    private static Arbitrary<String> names() {
        return Arbitraries.strings()
                .ofMaxLength(30)
                .filter(name ->
                        name.codePoints().noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
    }

    private static Arbitrary<Double> finite() {
        return Arbitraries.oneOf(
                Arbitraries.doubles().between(0, 1),
                Arbitraries.longs().map(Double::longBitsToDouble).filter(Double::isFinite));
    }
}
