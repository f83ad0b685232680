package dev.wsvd.backend.ejml;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.LinearAlgebraProvider;
import org.ejml.EjmlVersion;

/** Offers {@code ejml}: pure Java, works everywhere. */
public final class EjmlProvider implements LinearAlgebraProvider {
    @Override
    public String id() {
        return "ejml";
    }

    @Override
    public String version() {
        try {
            // By reflection: a constant would be compiled in and name the version of our build, not the one present.
            return (String) EjmlVersion.class.getField("VERSION").get(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("EJML does not tell its version.", e);
        }
    }

    @Override
    public int priority() {
        return 100;
    }

    @Override
    public LinearAlgebra create() {
        return new EjmlLinearAlgebra();
    }
}
