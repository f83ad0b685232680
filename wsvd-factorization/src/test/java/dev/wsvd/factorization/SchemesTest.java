package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.Schemes;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class SchemesTest {
    private static final WeightSvd WEIGHT = new WeightSvd();
    private static final SpatialSvd SPATIAL = new SpatialSvd();
    private static final Schemes SCHEMES = new Schemes(List.of(WEIGHT, SPATIAL));

    @Test
    void areFoundByServiceLoaderInTheOrderInWhichTheyAreListed() {
        assertThat(ServiceLoader.load(CompressionScheme.class).stream()
                        .map(scheme -> scheme.get().id())
                        .limit(2))
                .containsExactly("weight-svd", "spatial-svd");
    }

    @Test
    void haveIdsAndForms() {
        assertThat(SCHEMES.ids()).containsExactly("weight-svd", "spatial-svd");
        assertThat(SCHEMES.forms()).containsExactly("input-channel", "output-channel", "spatial");
        assertThat(SCHEMES.of("output-channel")).isSameAs(WEIGHT);
        assertThat(SCHEMES.of("spatial")).isSameAs(SPATIAL);
    }

    @Test
    void oneOrAllAreNamed() {
        assertThat(SCHEMES.named("spatial-svd").forms()).containsExactly("spatial");
        assertThat(SCHEMES.named("any").forms()).isEqualTo(SCHEMES.forms());
    }

    @Test
    void oneThatIsNotAmongAnyIsNamedBesideIt() {
        Schemes all = new Schemes(List.of(WEIGHT, new CanonicalPolyadic(), SPATIAL));

        assertThat(all.named("any").ids()).containsExactly("weight-svd", "spatial-svd");
        assertThat(all.named("any,cp").ids()).containsExactly("weight-svd", "cp", "spatial-svd");
        assertThat(all.named("cp").ids()).containsExactly("cp");
    }

    @Test
    void anUnknownSchemeIsRefused() {
        assertThatThrownBy(() -> SCHEMES.named("svd"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Unknown compression scheme 'svd'; allowed: weight-svd, spatial-svd, any.");
    }

    @Test
    void anUnknownFormIsRefused() {
        assertThatThrownBy(() -> SCHEMES.of("rows"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Unknown unfolding 'rows'; allowed: input-channel, output-channel, spatial.");
    }

    @Test
    void aFormBelongsToOneScheme() {
        assertThatThrownBy(() -> new Schemes(List.of(WEIGHT, SPATIAL, new SpatialSvd())))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Two compression schemes have the form 'spatial': spatial-svd"
                        + " (dev.wsvd.factorization.SpatialSvd) and spatial-svd (dev.wsvd.factorization.SpatialSvd).");
    }
}
