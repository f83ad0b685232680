package dev.wsvd.pipeline;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ProviderException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.ModelFormatProvider;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.resolve.LinkFailures;
import dev.wsvd.pipeline.resolve.Resolver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A model in a file or folder, opened by whichever format on the classpath knows it.
 *
 * @param <M> what the format's users call a model
 */
public record OpenedModel<M>(ModelFormat<M> format, CompressibleModel<M> model) {
    /**
     * Opens a model.
     *
     * @param path a file, or a folder where the format's models are folders
     * @throws InvalidInputException if there is nothing at the path, or no format knows what is there
     * @throws ProviderException if there is no format at all, or the one that knows it misses a jar
     * @throws dev.wsvd.domain.error.ModelFormatException if the model is broken
     */
    public static OpenedModel<?> of(Path path, OpenOptions options) {
        requireFileOrFolder(path);
        return open(formatOf(path), path, options);
    }

    /**
     * Opens another model of the same format.
     *
     * @throws InvalidInputException if there is nothing at the path, or it is of another format
     * @throws dev.wsvd.domain.error.ModelFormatException if the model is broken
     */
    public OpenedModel<M> sibling(Path path, OpenOptions options) {
        requireFileOrFolder(path);
        return open(format, path, options);
    }

    private static void requireFileOrFolder(Path path) {
        if (!Files.exists(path)) {
            throw new InvalidInputException("There is no file or folder '" + path + "'.");
        }
        if (!Files.isRegularFile(path) && !Files.isDirectory(path)) {
            throw new InvalidInputException("'" + path + "' is neither a file nor a folder.");
        }
    }

    private static ModelFormat<?> formatOf(Path path) {
        Resolver<ModelFormatProvider> formats = Resolver.formats();
        if (System.getProperty("wsvd.format") != null) {
            return formats.resolve(Optional.empty()).create();
        }
        List<ModelFormatProvider> providers = formats.resolveAll();
        Optional<ProviderException> broken = Optional.empty();
        for (ModelFormatProvider provider : providers) {
            try {
                ModelFormat<?> format = provider.create();
                if (format.accepts(path)) {
                    return format;
                }
            } catch (LinkageError e) {
                // Harmless if another format knows the model.
                broken = broken.or(() -> Optional.of(LinkFailures.of("model format", provider.id(), e)));
            }
        }
        if (broken.isPresent()) {
            throw broken.get();
        }
        throw new InvalidInputException("'" + path + "' is not a model that any format here can open (formats: "
                + providers.stream().map(ModelFormatProvider::id).collect(Collectors.joining(", ")) + ").");
    }

    private static <M> OpenedModel<M> open(ModelFormat<M> format, Path path, OpenOptions options) {
        if (!format.isolates()) {
            options.requireSameProcess(format.id());
        }
        if (!format.takesWeights()) {
            options.requireOwnWeights(format.id());
        }
        return LinkFailures.explained(() -> new OpenedModel<>(format, format.open(path, options)));
    }
}
