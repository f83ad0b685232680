package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.TensorInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Images in a folder: PNG, JPEG, BMP and GIF, by the end of a file's name, in the order of their names. Either they lie in the folder
 * itself, or in its sub-folders and folders in these; then a sub-folder is a class, numbered from 0 in the order of names, and images
 * follow each other class by class: the first of each, the second of each, and so on. Other files are left out. Links are followed.
 */
public final class ImageFolder {
    private static final List<String> TYPES = List.of("png", "jpg", "jpeg", "bmp", "gif");

    private final String source;
    private final List<Path> files;
    private final List<String> classes;
    private final Optional<int[]> labels;

    private ImageFolder(String source, List<Path> files, List<String> classes, Optional<int[]> labels) {
        this.source = source;
        this.files = files;
        this.classes = classes;
        this.labels = labels;
    }

    /**
     * Looks into a folder.
     *
     * @throws InvalidInputException if it holds no images, or images both beside and in sub-folders, or cannot be read
     */
    public static ImageFolder of(Path folder) {
        String source = "The folder " + folder;
        List<Path> entries = list(folder, 1);
        List<Path> own = images(entries);
        List<Path> folders = entries.stream()
                .filter(Files::isDirectory)
                .filter(entry -> !entry.getFileName().toString().startsWith("."))
                .toList();
        List<List<Path>> byClass = folders.stream()
                .map(name -> images(list(name, Integer.MAX_VALUE)))
                .toList();
        boolean classed = byClass.stream().anyMatch(images -> !images.isEmpty());
        if (!classed && own.isEmpty()) {
            throw new InvalidInputException(source + " holds no images (." + String.join(", .", TYPES) + ").");
        }
        if (!classed) {
            return new ImageFolder(source, own, List.of(), Optional.empty());
        }
        if (!own.isEmpty()) {
            throw new InvalidInputException(source + " holds images beside sub-folders of images, such as "
                    + own.get(0).getFileName() + "; each belongs into the sub-folder of its class.");
        }
        return inTurn(source, folders, byClass);
    }

    private static ImageFolder inTurn(String source, List<Path> folders, List<List<Path>> byClass) {
        List<Path> files = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        int longest = byClass.stream().mapToInt(List::size).max().orElse(0);
        for (int i = 0; i < longest; i++) {
            for (int label = 0; label < byClass.size(); label++) {
                if (i < byClass.get(label).size()) {
                    files.add(byClass.get(label).get(i));
                    labels.add(label);
                }
            }
        }
        return new ImageFolder(
                source,
                files,
                folders.stream().map(folder -> folder.getFileName().toString()).toList(),
                Optional.of(labels.stream().mapToInt(label -> label).toArray()));
    }

    private static List<Path> list(Path folder, int depth) {
        try (Stream<Path> entries = Files.walk(folder, depth, FileVisitOption.FOLLOW_LINKS)) {
            return entries.filter(entry -> !entry.equals(folder))
                    .sorted(Comparator.comparing(Path::toString))
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw new InvalidInputException("The folder " + folder + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    private static List<Path> images(List<Path> entries) {
        return entries.stream()
                .filter(Files::isRegularFile)
                .filter(file -> TYPES.contains(extension(file)))
                .toList();
    }

    private static String extension(Path file) {
        String name = file.getFileName().toString();
        return name.startsWith(".")
                ? ""
                : name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    /** How many images there are, at least 1. */
    public int size() {
        return files.size();
    }

    /** The names of the classes, by number; empty if there are none. */
    public List<String> classes() {
        return classes;
    }

    /**
     * These images as a model's input, labelled where they have classes. They are read when they are needed, and must not change
     * meanwhile; a quarter of the memory that Java may use keeps them.
     *
     * @param inputs the model's inputs
     * @throws InvalidInputException if the model takes no images or not as they are prepared, a file is no image, or one has another
     *     size than the model takes and is not resized
     */
    public ArrayDataset prepared(ImagePreparation how, List<TensorInfo> inputs) {
        return prepared(how, inputs, Runtime.getRuntime().maxMemory() / 4);
    }

    ArrayDataset prepared(ImagePreparation how, List<TensorInfo> inputs, long keptBytes) {
        ImageInput input = ImageInput.of(inputs, how, Pixels.sizeOf(files.get(0)), source);
        files.forEach(file -> input.requireFits(file, Pixels.sizeOf(file)));
        return ArrayDataset.of(
                Map.of(inputs.get(0).name(), new ImageArray(files, input, keptBytes)), labels, source, source);
    }
}
