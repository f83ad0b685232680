package dev.wsvd.backend.ejml;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.spi.LinearAlgebraProvider;
import java.util.ServiceLoader;
import org.ejml.EjmlVersion;
import org.junit.jupiter.api.Test;

final class EjmlProviderTest {
    @Test
    void isFoundByTheServiceLoader() {
        assertThat(ServiceLoader.load(LinearAlgebraProvider.class))
                .singleElement()
                .isInstanceOf(EjmlProvider.class)
                .satisfies(provider -> {
                    assertThat(provider.id()).isEqualTo("ejml");
                    assertThat(provider.priority()).isEqualTo(100);
                    assertThat(provider.unavailable()).isEmpty();
                    assertThat(provider.create()).isInstanceOf(EjmlLinearAlgebra.class);
                });
    }

    @Test
    void tellsTheVersionOfEjml() {
        assertThat(new EjmlProvider().version()).isEqualTo(EjmlVersion.VERSION);
    }
}
