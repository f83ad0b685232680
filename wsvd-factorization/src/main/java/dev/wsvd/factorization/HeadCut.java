package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Fewer dims for each head of attention, as many for all heads of a place. No layer is added.
 *
 * <p>{@code value-cut}: values are combined, and the layer that reads them is fitted to that ({@link ValueFactors}); since the weights of
 * attention mix positions and not dims, that is exact but for what the combinations leave out. Where nothing is known of what the layer
 * reads, it is taken to be what the values are for white inputs, and those of different heads as uncorrelated. {@code score-cut}: queries
 * and keys are combined ({@link ScoreFactors}); the scale of the scores stays that of the whole dims.
 *
 * <p>Values as in J. Wong et al., "A³: an analytical low-rank approximation framework for attention", 2025 (arXiv 2505.12942), scores
 * as there and in "KQ-SVD", 2025 (arXiv 2512.05916).
 */
public final class HeadCut implements CompressionScheme {
    private static final CutForm VALUES =
            new CutForm("value-cut", Kind.VALUES, "dims", "head", "the values of attention");
    private static final CutForm SCORES =
            new CutForm("score-cut", Kind.SCORES, "dims", "head", "the queries and keys of attention");

    @Override
    public String id() {
        return "head-cut";
    }

    @Override
    public List<String> forms() {
        return List.of(VALUES.id(), SCORES.id());
    }

    private static CutForm form(String id) {
        return Stream.of(VALUES, SCORES)
                .filter(form -> form.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException("The scheme head-cut has no form '" + id + "'."));
    }

    @Override
    public List<Choice> choices(Place place, String form, int multiple) {
        return form(form).choices(place, multiple);
    }

    @Override
    public Blueprint blueprint(Place place, Choice choice) {
        return form(choice.form()).blueprint(place, choice);
    }

    @Override
    public String size(Place place, Choice choice) {
        return form(choice.form()).size(place, choice);
    }

    @Override
    public Factors factor(Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
        CutForm form = form(largest.form());
        Coupling coupling = form.require(place, largest);
        return form == VALUES ? values(coupling, known, linearAlgebra) : scores(coupling, known, linearAlgebra);
    }

    private static Factors scores(Coupling coupling, LayerKnowledge known, LinearAlgebra linearAlgebra) {
        WriterProduct queries = WriterProduct.of(coupling, coupling.writers().get(0), known, linearAlgebra);
        WriterProduct keys = WriterProduct.of(coupling, coupling.writers().get(1), known, linearAlgebra);
        return Checks.naming(coupling.layer(), () -> new ScoreFactors(SCORES, coupling, queries, keys, linearAlgebra));
    }

    private static Factors values(Coupling coupling, LayerKnowledge known, LinearAlgebra linearAlgebra) {
        Map<ReadChannels, ReaderProduct> products = new LinkedHashMap<>();
        for (ReadChannels channels : ReadChannels.of(coupling)) {
            products.put(
                    channels,
                    UnitReader.of(channels, known, linearAlgebra)
                            .product(() -> written(coupling, channels, known, linearAlgebra), linearAlgebra));
        }
        return Checks.naming(coupling.layer(), () -> new ValueFactors(VALUES, coupling, products, linearAlgebra));
    }

    /** What a layer reads if attention takes every head's values from one position. */
    private static PatchMoments written(
            Coupling coupling, ReadChannels channels, LayerKnowledge known, LinearAlgebra linearAlgebra) {
        WriterProduct writer = WriterProduct.of(coupling, coupling.writers().get(0), known, linearAlgebra);
        PatchMoments white = PatchMoments.white(
                channels.layer().inChannels(), channels.layer().weight().kernelSize());
        double[] mean = white.mean().clone();
        double[] covariance = white.covariance().data().clone();
        int dims = coupling.perGroup();
        for (int group = 0; group < coupling.groups(); group++) {
            Matrix block = writer.covariance(group);
            for (int i = 0; i < dims * dims * channels.spread(); i++) {
                int copy = i / dims / dims;
                int row = i / dims % dims;
                int channel = channels.of(group * dims + row)[copy];
                int other = channels.of(group * dims + i % dims)[copy];
                covariance[channel * white.covariance().cols() + other] = block.get(row, i % dims);
                Arrays.fill(
                        mean,
                        channel * white.repeated(),
                        (channel + 1) * white.repeated(),
                        writer.mean(group * dims + row));
            }
        }
        return new PatchMoments(
                mean, new Matrix(white.covariance().rows(), white.covariance().cols(), covariance));
    }
}
