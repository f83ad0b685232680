package dev.wsvd.domain.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LostFusionTest {
    private static Coupling coupling(String name) {
        Layer layer = Layer.of(new LayerId(name), Affine.of(8, 8), List.of(), List.of());
        List<Integer> channels = IntStream.range(0, 8).boxed().toList();
        return new Coupling(layer, Kind.VALUES, 2, 4, List.of(new Slice(layer, Side.WRITES, channels)));
    }

    private static LostFusion lost(boolean faster, String... names) {
        List<Coupling> couplings =
                Stream.of(names).map(LostFusionTest::coupling).toList();
        return new LostFusion(couplings, List.of("Attention"), 2, 9.5, 9.25, faster);
    }

    @Test
    void whatIsNotClearlyFasterIsNotAllowed() {
        assertThat(lost(false, "a").allows(coupling("a"), 1)).isFalse();
        assertThat(lost(false, "a").allows(coupling("b"), 3)).isTrue();
        assertThat(lost(false, "a"))
                .hasToString(
                        "Cuts of the coupling at 'a' lose what the engine fuses (Attention): at 2 of 4 units the model takes"
                                + " 9.250 ms, before 9.500 ms. Budgeted selection by MACs leaves them out, as they are not clearly faster.");
    }

    @Test
    void whatIsFasterIsAllowedAsFarAsItWasTimed() {
        assertThat(lost(true, "a", "b", "c").allows(coupling("b"), 2)).isTrue();
        assertThat(lost(true, "a", "b", "c").allows(coupling("b"), 3)).isFalse();
        assertThat(lost(true, "a", "b", "c"))
                .hasToString(
                        "Cuts of the coupling at 'a' and of 2 like it lose what the engine fuses (Attention): at 2 of 4 units the"
                                + " model takes 9.250 ms, before 9.500 ms. Budgeted selection by MACs takes those that keep no more.");
    }
}
