package dev.wsvd.adapter.djl.internal.file;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.util.Pair;
import ai.djl.util.Utils;
import dev.wsvd.adapter.djl.internal.block.LayerSplit;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.PlanFile;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A model in a folder, as DJL saves it: {@code NAME-0000.params}, and beside it {@code plan.json} if layers are split. */
public final class ModelFolder {
    /** The plan's file name. */
    public static final String PLAN = "plan.json";

    private static final Pattern PARAMETERS = Pattern.compile("(?<name>.+)-(?<epoch>\\d{4,9})\\.params");

    /**
     * A model that was read.
     *
     * @param origin the model the splits were made for, if the folder says so
     * @param splits in the order they are applied
     */
    public record Loaded(Model model, Optional<ModelIdentity> origin, Map<LayerId, RankDecision.Split> splits) {}

    private final Path folder;

    public ModelFolder(Path folder) {
        this.folder = folder;
    }

    /** Whether there is a file of parameters in it. */
    public boolean looksLikeModel() {
        try {
            return parameterFiles().stream().anyMatch(ParameterFile::looksLikeOne);
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Rebuilds the blocks and reads their parameters.
     *
     * @param blocks makes the network as it was before any split
     * @throws InvalidInputException if there is no model in the folder, or one of another network
     * @throws ModelFormatException if a file is corrupt
     */
    public Loaded load(Supplier<? extends Block> blocks) {
        Path file = parameterFile();
        Optional<PlanFile> plan = plan();
        Map<LayerId, RankDecision.Split> splits =
                plan.map(found -> found.plan().splits()).orElse(Map.of());
        Block checked = structure(blocks, splits);
        ParameterFile.Header header = CheckedParameters.read(file, checked);
        String name = name(file);
        Model model = Model.newInstance(name);
        try {
            if (Engines.canRun(model)) {
                model.setBlock(structure(blocks, splits));
                model.load(folder, name);
            } else {
                model.setBlock(checked);
                model.setDataType(header.type());
                header.properties().forEach(model::setProperty);
            }
            return new Loaded(model, plan.flatMap(PlanFile::model), splits);
        } catch (IOException | MalformedModelException | RuntimeException e) {
            model.close();
            throw new ModelFormatException(
                    "The parameters in '" + file + "' cannot be loaded: " + e.getMessage() + ".", e);
        }
    }

    private Block structure(Supplier<? extends Block> blocks, Map<LayerId, RankDecision.Split> splits) {
        try {
            return LayerSplit.structure(blocks.get(), splits);
        } catch (InvalidInputException e) {
            throw new InvalidInputException(
                    "'" + folder.resolve(PLAN) + "' does not fit the block factory: " + e.getMessage(), e);
        }
    }

    private Optional<PlanFile> plan() {
        Path file = folder.resolve(PLAN);
        return Files.exists(file) ? Optional.of(JsonPlans.read(file)) : Optional.empty();
    }

    /** The parameters of the latest epoch, as DJL chooses. */
    private Path parameterFile() {
        if (!Files.exists(folder)) {
            throw new InvalidInputException("There is no folder '" + folder + "'.");
        }
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException(
                    "'" + folder + "' is not a folder; a DJL model is a folder with NAME-0000.params.");
        }
        List<Path> files;
        try {
            files = parameterFiles();
        } catch (IOException e) {
            throw new InvalidInputException("The folder '" + folder + "' cannot be read: " + e.getMessage() + ".", e);
        }
        Set<String> names = files.stream().map(ModelFolder::name).collect(Collectors.toCollection(TreeSet::new));
        if (names.size() > 1) {
            throw new InvalidInputException("The folder '" + folder + "' holds several models: "
                    + String.join(", ", names) + ". Maybe give each a folder of its own.");
        }
        return files.stream()
                .filter(ParameterFile::looksLikeOne)
                .max(Comparator.comparingInt(ModelFolder::epoch))
                .orElseThrow(() -> new InvalidInputException("The folder '" + folder
                        + "' holds no parameters of DJL blocks (NAME-0000.params). " + Engines.WAY_OUT));
    }

    private List<Path> parameterFiles() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> matcher(file).matches()).toList();
        }
    }

    private static String name(Path file) {
        Matcher matcher = matcher(file);
        return matcher.matches() ? matcher.group("name") : "";
    }

    private static int epoch(Path file) {
        Matcher matcher = matcher(file);
        return matcher.matches() ? Integer.parseInt(matcher.group("epoch")) : -1;
    }

    private static Matcher matcher(Path file) {
        return PARAMETERS.matcher(file.getFileName().toString());
    }

    /**
     * Writes a model, whole or not at all. A folder that wsvd wrote, and an empty one, is replaced.
     *
     * @param inputs names and shapes of one sample
     * @param origin the model the plan is for
     * @throws InvalidInputException if the folder cannot be written or holds anything else
     * @throws ModelFormatException if writing fails
     */
    public void save(Model model, List<Pair<String, Shape>> inputs, ModelIdentity origin, RankPlan plan) {
        Path target = target();
        Path parent = target.getParent();
        Path temporary = parent.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
        Path old = parent.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".old");
        try {
            Files.createDirectory(temporary);
            ParameterFile.write(temporary.resolve(model.getName() + "-0000.params"), model, inputs);
            JsonPlans.write(temporary.resolve(PLAN), origin, plan);
            replace(target, temporary, old);
        } catch (AccessDeniedException e) {
            throw new InvalidInputException("'" + folder + "' cannot be written: no permission.", e);
        } catch (IOException e) {
            throw new ModelFormatException("'" + folder + "' could not be written: " + e.getMessage() + ".", e);
        } finally {
            Utils.deleteQuietly(temporary);
            Utils.deleteQuietly(old);
        }
    }

    /** Puts the new folder where the old one is, or the old one back. */
    private static void replace(Path target, Path now, Path old) throws IOException {
        if (!Files.exists(target)) {
            Files.move(now, target);
            return;
        }
        Files.move(target, old);
        try {
            Files.move(now, target);
        } catch (IOException e) {
            Files.move(old, target);
            throw e;
        }
    }

    private Path target() {
        Path absolute = folder.toAbsolutePath();
        if (absolute.getParent() == null || !Files.isDirectory(absolute.getParent())) {
            throw new InvalidInputException(
                    "'" + folder + "' cannot be written: there is no folder '" + absolute.getParent() + "'.");
        }
        if (!Files.exists(folder)) {
            return absolute;
        }
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException("'" + folder + "' is not a folder.");
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> all = files.toList();
            boolean own = all.isEmpty()
                    || all.size() == 2
                            && all.contains(folder.resolve(PLAN))
                            && all.stream().anyMatch(file -> matcher(file).matches());
            if (!own) {
                throw new InvalidInputException("The folder '" + folder + "' holds other things, '"
                        + all.stream()
                                .map(file -> file.getFileName().toString())
                                .sorted()
                                .findFirst()
                                .orElseThrow()
                        + "' for one. Maybe choose a new folder.");
            }
            return folder.toRealPath();
        } catch (IOException e) {
            throw new InvalidInputException("The folder '" + folder + "' cannot be read: " + e.getMessage() + ".", e);
        }
    }
}
