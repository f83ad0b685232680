package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.LayerKnowledge;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.factorization.WeightSvd;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is decomposed, how often, and what remains of it. */
class FactorCacheTest {
    private static final Choice SIX = Choice.of("output-channel", 6);
    private static final Choice TWELVE = Choice.of("output-channel", 12);

    private final CompressibleModel<OnnxModel> model =
            new OnnxFormat().open(Path.of("..", "demo", "fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final List<String> decomposed = new ArrayList<>();
    private final Place first = place("stage1.0.conv1");
    private final Place second = place("stage1.0.conv2");

    /** Weight SVD that tells what it decomposes. */
    private final class Told implements CompressionScheme {
        private final WeightSvd scheme = new WeightSvd();

        @Override
        public String id() {
            return scheme.id();
        }

        @Override
        public List<String> forms() {
            return scheme.forms();
        }

        @Override
        public List<Choice> choices(Place place, String form, int multiple) {
            return scheme.choices(place, form, multiple);
        }

        @Override
        public Blueprint blueprint(Place place, Choice choice) {
            return scheme.blueprint(place, choice);
        }

        @Override
        public Optional<ToDoubleFunction<Choice>> errors(
                Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
            decomposed.add(place.id() + " values");
            return scheme.errors(place, known, largest, linearAlgebra);
        }

        @Override
        public Factors factor(Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
            decomposed.add(place.id() + " " + largest.rank());
            return scheme.factor(place, known, largest, linearAlgebra);
        }
    }

    private Place place(String name) {
        Layer layer = model.layers().stream()
                .filter(it -> it.id().equals(new LayerId(name)))
                .findFirst()
                .orElseThrow();
        return Place.of(layer);
    }

    private FactorCache cache(long bytes) {
        LinearAlgebra ejml = new EjmlProvider().create();
        return new FactorCache(bytes, model, new Schemes(List.of(new Told())), () -> ejml, layer -> Optional.empty());
    }

    @AfterEach
    void close() {
        model.close();
    }

    @Test
    void whatFitsIsDecomposedOnce() {
        FactorCache cache = cache(Long.MAX_VALUE);

        cache.factors(first, TWELVE);
        cache.factors(second, TWELVE);
        cache.error(first, SIX);
        cache.at(first, SIX);
        cache.take(second, TWELVE);

        assertThat(decomposed).containsExactly("stage1.0.conv1 12", "stage1.0.conv2 12");
    }

    /** What would not be kept is not made; the errors are the same. */
    @Test
    void errorsOfWhatDoesNotFitAreLearntWithoutFactors() {
        FactorCache none = cache(0);
        FactorCache all = cache(Long.MAX_VALUE);

        none.keep(first.id(), TWELVE, none.missed(first, List.of(SIX, TWELVE), TWELVE));
        all.keep(first.id(), TWELVE, all.missed(first, List.of(SIX, TWELVE), TWELVE));

        assertThat(decomposed).containsExactly("stage1.0.conv1 values", "stage1.0.conv1 12");
        assertThat(none.error(first, SIX)).isCloseTo(all.error(first, SIX), within(1e-6));
        assertThat(none.error(first, TWELVE)).isCloseTo(all.error(first, TWELVE), within(1e-6));
        assertThat(none.knowsErrors(first, List.of(SIX, TWELVE))).isTrue();
        assertThat(decomposed).hasSize(2);
    }

    /** The error stays; the rest is made again for the rank that is wanted, and is the same. */
    @Test
    void whatDoesNotFitIsMadeAgainWhenItIsNeeded() {
        FactorCache cache = cache(0);

        cache.factors(first, TWELVE);
        double error = cache.error(first, SIX);
        Replacement kept = cache.at(first, SIX);
        cache.factors(second, TWELVE);
        double again = cache.error(first, SIX);
        Replacement made = cache.take(first, SIX);

        assertThat(decomposed).containsExactly("stage1.0.conv1 12", "stage1.0.conv2 12", "stage1.0.conv1 6");
        assertThat(again).isEqualTo(error).isPositive();
        assertThat(made.predictedError()).isEqualTo(kept.predictedError());
        assertThat(made.parts().get(0).weights().all())
                .containsExactly(kept.parts().get(0).weights().all());
    }
}
