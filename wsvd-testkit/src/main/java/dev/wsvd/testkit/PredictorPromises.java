package dev.wsvd.testkit;

import static dev.wsvd.testkit.Refusals.assertRefused;
import static dev.wsvd.testkit.Refusals.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What predictors take and give. */
interface PredictorPromises<M> extends FormatPromises<M> {
    private Predictor predictor() {
        return underTest().format().predictor(underTest().open().model());
    }

    @Test
    default void wrongInputsAreRefusedWithTheirName() {
        try (Predictor predictor = predictor()) {
            Map<String, Tensor> good = underTest().inputs(predictor);
            String name = predictor.inputs().get(0).name();
            Map<String, Tensor> missing = new HashMap<>(good);
            missing.remove(name);
            assertInputRefused(predictor, "without its first input", missing, name);
            Map<String, Tensor> unknown = new HashMap<>(good);
            unknown.put("no such input", good.get(name));
            assertInputRefused(predictor, "with an input that it does not have", unknown, "no such input");
            Map<String, Tensor> shaped = new HashMap<>(good);
            List<Long> more = new ArrayList<>(good.get(name).shape());
            more.add(1L);
            shaped.put(
                    name, new Tensor(good.get(name).type(), more, good.get(name).data()));
            assertInputRefused(predictor, "with an input of shape " + more, shaped, name);
            assertFalse(predictor.run(good).isEmpty(), "a run gives outputs, also after refused ones");
        }
    }

    private static void assertInputRefused(Predictor predictor, String how, Map<String, Tensor> inputs, String name) {
        assertRefused(
                InvalidInputException.class,
                "running the example " + how,
                () -> predictor.run(inputs),
                "'" + name + "'");
    }

    /** Arrays come as they are in people's files: whoever runs a model converts them, or says that it does not. */
    @Test
    default void anArrayOfAnotherTypeIsConvertedOrRefused() {
        try (Predictor predictor = predictor()) {
            Map<String, Tensor> good = underTest().inputs(predictor);
            Map<String, Tensor> expected = predictor.run(good);
            Map<String, Tensor> wide = new LinkedHashMap<>();
            good.forEach((name, tensor) ->
                    wide.put(name, tensor.type() == ElementType.FLOAT32 ? ModelRuns.asFloat64(tensor) : tensor));
            refusal(
                    "running the example on float64 inputs",
                    () -> ModelRuns.assertSame(
                            "the example on the same numbers in float64",
                            expected,
                            predictor.run(wide),
                            ReplacementPromises.TOLERANCE));
        }
    }

    @Test
    default void zerosOfAnyTypeAreConvertedOrRefused() {
        try (Predictor predictor = predictor()) {
            Map<String, Tensor> good = underTest().inputs(predictor);
            Map<String, Tensor> expected = predictor.run(ModelRuns.zeros(good, ElementType.FLOAT32));
            for (ElementType type : ElementType.values()) {
                Map<String, Tensor> zeros = ModelRuns.zeros(good, type);
                refusal(
                        "running the example on " + type + " inputs",
                        () -> ModelRuns.assertSame(
                                "the example on zeros of type " + type,
                                expected,
                                predictor.run(zeros),
                                ReplacementPromises.TOLERANCE));
            }
        }
    }

    @Test
    default void outputsAreAsAnnounced() {
        try (Predictor predictor = predictor()) {
            Map<String, Tensor> results = predictor.run(underTest().inputs(predictor));
            assertEquals(
                    predictor.outputs().stream().map(TensorInfo::name).sorted().toList(),
                    results.keySet().stream().sorted().toList(),
                    "names of outputs, announced and given");
            predictor.outputs().forEach(output -> assertAnnounced(output, results.get(output.name())));
        }
    }

    private static void assertAnnounced(TensorInfo announced, Tensor given) {
        String what = "output '" + announced.name() + "', announced as " + announced;
        assertEquals(announced.type(), given.type(), () -> "type of " + what);
        if (announced.ranked()) {
            assertEquals(announced.shape().size(), given.shape().size(), () -> "dims of " + what);
            for (int d = 0; d < announced.shape().size(); d++) {
                int dim = d;
                assertTrue(
                        announced.shape().get(d) < 0
                                || announced.shape().get(d).equals(given.shape().get(d)),
                        () -> "dim " + dim + " of " + what + " is "
                                + given.shape().get(dim));
            }
        }
    }

    @Test
    default void aRunLeavesNoTrace() {
        try (Predictor predictor = predictor()) {
            Map<String, Tensor> one = underTest().inputs(predictor);
            Map<String, Tensor> other = ModelRuns.negated(one);
            Map<String, ByteBuffer> before = ModelRuns.copies(one);
            Map<String, Tensor> first = predictor.run(one);
            Map<String, ByteBuffer> given = ModelRuns.copies(first);
            assertEquals(before, ModelRuns.copies(one), "the inputs after a run");
            predictor.run(other);
            assertEquals(given, ModelRuns.copies(first), "the outputs of the first run after a second one");
            ModelRuns.assertSame("the example run again on the same", first, predictor.run(one), 0);
        }
    }

    @Test
    default void eachSampleGetsItsOwnAnswer() {
        try (Predictor predictor = predictor()) {
            SampleRuns.assertIndependent(underTest(), predictor, "the example");
        }
    }

    @Test
    default void aClosedPredictorRunsNoMore() {
        Predictor predictor = predictor();
        Map<String, Tensor> inputs = underTest().inputs(predictor);
        try (Predictor other = predictor()) {
            predictor.close();
            predictor.close();
            assertRefused(WsvdException.class, "running a predictor that is closed", () -> predictor.run(inputs));
            assertFalse(other.run(inputs).isEmpty(), "a run gives outputs, also after another predictor was closed");
        }
    }
}
