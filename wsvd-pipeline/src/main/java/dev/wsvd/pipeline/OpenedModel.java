package dev.wsvd.pipeline;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ProviderException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.ModelFormatProvider;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.resolve.Resolver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A model file, opened by whichever format on the classpath knows it.
 *
 * @param <M> what the format's users call a model
 */
public record OpenedModel<M>(ModelFormat<M> format, CompressibleModel<M> model) {
    /**
     * Opens a model file.
     *
     * @throws InvalidInputException if there is no such file, or no format knows it
     * @throws ProviderException if there is no format at all
     * @throws dev.wsvd.domain.error.ModelFormatException if the file is broken
     */
    public static OpenedModel<?> of(Path file, OpenOptions options) {
        requireFile(file);
        return open(formatOf(file), file, options);
    }

    /**
     * Opens another file of the same format.
     *
     * @throws InvalidInputException if there is no such file, or it is of another format
     * @throws dev.wsvd.domain.error.ModelFormatException if the file is broken
     */
    public OpenedModel<M> sibling(Path file, OpenOptions options) {
        requireFile(file);
        return open(format, file, options);
    }

    private static void requireFile(Path file) {
        if (!Files.exists(file)) {
            throw new InvalidInputException("There is no file '" + file + "'.");
        }
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException("'" + file + "' is not a file.");
        }
    }

    private static ModelFormat<?> formatOf(Path file) {
        Resolver<ModelFormatProvider> formats = Resolver.formats();
        if (System.getProperty("wsvd.format") != null) {
            return formats.resolve(Optional.empty()).create();
        }
        List<ModelFormatProvider> providers = formats.resolveAll();
        for (ModelFormatProvider provider : providers) {
            ModelFormat<?> format = provider.create();
            if (format.accepts(file)) {
                return format;
            }
        }
        throw new InvalidInputException("'" + file + "' is not a model that any format here can open (formats: "
                + providers.stream().map(ModelFormatProvider::id).collect(Collectors.joining(", ")) + ").");
    }

    private static <M> OpenedModel<M> open(ModelFormat<M> format, Path file, OpenOptions options) {
        return new OpenedModel<>(format, format.open(file, options));
    }
}
