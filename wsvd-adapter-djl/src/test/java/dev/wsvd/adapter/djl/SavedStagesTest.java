package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.PlanFile;
import dev.wsvd.json.StageShape;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A folder says what stands in the place of which layer, so it is opened without whatever put it there. */
class SavedStagesTest {
    private static final Shape INPUT = new Shape(2, 4, 9, 8);
    private static final LayerId CONV = new LayerId("01Conv2d");
    private static final LayerId LINEAR = new LayerId("03Linear");

    @TempDir
    Path folder;

    private static Block network() {
        return new SequentialBlock()
                .add(Conv2d.builder()
                        .setFilters(6)
                        .setKernelShape(new Shape(3, 2))
                        .optStride(new Shape(2, 1))
                        .optPadding(new Shape(0, 1))
                        .optDilation(new Shape(1, 2))
                        .optGroups(2)
                        .build())
                .add(Blocks.batchFlattenBlock())
                .add(Networks.linear(5));
    }

    @ParameterizedTest
    @EnumSource
    void whateverStandsThereComesBack(ExactForm form) {
        try (CompressibleModel<Model> saved = saved(form);
                CompressibleModel<Model> opened = open()) {
            assertThat(Networks.run(opened.model(), INPUT)).isEqualTo(Networks.run(saved.model(), INPUT));
            assertThat(opened.layers()).isEqualTo(saved.layers());
            assertThat(opened.stagesOf(CONV)).isEqualTo(saved.stagesOf(CONV));
            opened.save(folder.resolve("again"));
            assertThat(folder.resolve("again/plan.json")).hasSameTextualContentAs(plan());
        }
    }

    @Test
    void thePlanSaysItsGeometry() throws IOException {
        saved(ExactForm.TUCKER_2).close();

        assertThat(Files.readString(plan())).contains("""
                    {
                      "name": "01Conv2d",
                      "decision": "split",
                      "unfolding": "tucker-2",
                      "ranks": [2, 2],
                      "stages": [
                        { "out": 4, "groups": 2 },
                        { "out": 4, "groups": 2, "axes": [2, 3] },
                        { "out": 6, "groups": 2 }
                      ]
                    },
                    {
                      "name": "03Linear",
                      "decision": "split",
                      "unfolding": "tucker-2",
                      "ranks": [2, 2],
                      "stages": [
                        { "out": 2 },
                        { "out": 2 },
                        { "out": 5 }
                      ]
                    }
                """);
    }

    @ParameterizedTest
    @EnumSource(names = {"INPUT_CHANNEL", "OUTPUT_CHANNEL", "SPATIAL"})
    void theFirstVersionsFoldersHaveTheFormsNameOnly(ExactForm form) throws IOException {
        try (CompressibleModel<Model> saved = saved(form)) {
            String text = Files.readString(plan());
            rewrite(JsonPlans.read(plan()), Map.of());
            assertThat(plan()).content().contains("\"unfolding\": \"" + form + "\", \"rank\": 2 }");

            try (CompressibleModel<Model> opened = open()) {
                assertThat(Networks.run(opened.model(), INPUT)).isEqualTo(Networks.run(saved.model(), INPUT));
                opened.save(folder.resolve("again"));
                assertThat(folder.resolve("again/plan.json")).hasContent(text);
            }
        }
    }

    @Test
    void anotherFormNeedsItsStages() throws IOException {
        saved(ExactForm.TUCKER_2).close();
        rewrite(JsonPlans.read(plan()), Map.of());

        refused("It does not say which stages tucker-2 ranks 2, 2 puts in the place of layer '01Conv2d'.");
    }

    @Test
    void stagesThatDoNotFitAreRefused() throws IOException {
        saved(ExactForm.INPUT_CHANNEL).close();

        damaged(CONV, "there is none");
        damaged(CONV, "3 groups do not divide their channels", stage(4, 3), stage(6, 2, 2, 3));
        damaged(CONV, "4 groups do not divide their channels", stage(4, 2), stage(6, 4, 2, 3));
        damaged(CONV, "the last gives 8 channels, the layer 6", stage(4, 2), stage(8, 2, 2, 3));
        damaged(CONV, "they move along the axes [2], the layer along [2, 3]", stage(4, 2), stage(6, 2, 2));
        damaged(CONV, "they move along the axes [2, 2, 3], the layer along [2, 3]", stage(4, 2, 2), stage(6, 2, 2, 3));
        damaged(CONV, "they move along the axes [2, 3, 4], the layer along [2, 3]", stage(4, 2, 4), stage(6, 2, 2, 3));
        damaged(LINEAR, "a Linear has no groups", stage(5, 5));
        damaged(LINEAR, "they move along the axes [2], the layer along []", stage(2, 1, 2), stage(5, 1));
    }

    private static StageShape stage(int out, int groups, Integer... axes) {
        return new StageShape(out, groups, List.of(axes));
    }

    private void damaged(LayerId layer, String problem, StageShape... stages) throws IOException {
        PlanFile good = JsonPlans.read(plan());
        Map<LayerId, List<StageShape>> changed = new LinkedHashMap<>(good.stages());
        changed.put(layer, List.of(stages));
        rewrite(good, changed);
        refused("The stages of layer '" + layer + "' do not fit: " + problem + ".");
        rewrite(good, good.stages());
    }

    private void refused(String message) {
        assertThatThrownBy(this::open)
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("'" + plan() + "' does not fit the block factory: " + message);
    }

    private void rewrite(PlanFile plan, Map<LayerId, List<StageShape>> stages) throws IOException {
        Files.writeString(
                plan(),
                JsonPlans.toJson(new PlanFile(
                        plan.model(), plan.origin(), plan.plan(), plan.parameters(), stages, plan.cuts())));
    }

    private Path plan() {
        return folder.resolve("saved/plan.json");
    }

    /** Every layer at rank 2 per group, where there is a form for it. */
    private CompressibleModel<Model> saved(ExactForm form) {
        try (Model model = Networks.model(SavedStagesTest::network, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, SavedStagesTest::network);
            CompressibleModel<Model> replaced = original.with(original.layers().stream()
                    .filter(form::appliesTo)
                    .map(layer -> rankTwo(original, layer, form))
                    .toList());
            replaced.save(folder.resolve("saved"));
            return replaced;
        }
    }

    private static Replacement rankTwo(CompressibleModel<Model> model, Layer layer, ExactForm form) {
        Replacement exact = ExactFactors.of(layer, model.weights(layer.id()), form);
        return ExactFactors.truncated(exact, 2);
    }

    private CompressibleModel<Model> open() {
        return new DjlFormat(SavedStagesTest::network).open(folder.resolve("saved"), OpenOptions.DEFAULT);
    }
}
