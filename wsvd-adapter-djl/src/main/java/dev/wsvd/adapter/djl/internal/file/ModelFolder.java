package dev.wsvd.adapter.djl.internal.file;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.nn.Block;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.adapter.djl.internal.block.LayerCuts;
import dev.wsvd.adapter.djl.internal.block.LayerStages;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.PlanFile;
import dev.wsvd.json.StageShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A model in a folder, as DJL saves it: {@code NAME-0000.params}, and beside it {@code plan.json} if wsvd saved it, which says
 * what stands in the place of which layer, and names the file of parameters.
 */
public final class ModelFolder {
    /** The plan's file name. */
    public static final String PLAN = "plan.json";

    private static final Pattern PARAMETERS =
            Pattern.compile("(?<prefix>(?<name>.+?)(\\.[0-9a-f]{16})?)-(?<epoch>\\d{4,9})\\.params");

    /**
     * A model that was read.
     *
     * @param origin the model as it was before any layer was replaced, if the folder says so
     * @param changes what was done to it since, in order
     */
    public record Loaded(Model model, Optional<ModelIdentity> origin, Map<LayerId, Choice> changes) {}

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
     * @param blocks makes the network as it was before any layer was replaced
     * @throws InvalidInputException if there is no model in the folder, or one of another network
     * @throws ModelFormatException if a file is corrupt
     */
    public Loaded load(Supplier<? extends Block> blocks) {
        requireFolder();
        Optional<PlanFile> plan = plan();
        Path file = plan.flatMap(PlanFile::parameters).map(this::named).orElseGet(this::latestParameters);
        Block checked = structure(blocks, plan);
        ParameterFile.Header header = CheckedParameters.read(file, checked);
        String name = part(file, "name");
        Model model = Model.newInstance(name);
        try {
            if (Engines.canRun(model)) {
                model.setBlock(structure(blocks, plan));
                model.load(folder, part(file, "prefix"), Map.of("epoch", part(file, "epoch")));
            } else {
                model.setBlock(checked);
                model.setDataType(header.type());
                header.properties().forEach(model::setProperty);
            }
            return new Loaded(model, plan.flatMap(PlanFile::model), changes(plan));
        } catch (IOException | MalformedModelException | RuntimeException e) {
            model.close();
            throw new ModelFormatException(
                    "The parameters in '" + file + "' cannot be loaded: " + e.getMessage() + ".", e);
        }
    }

    private Block structure(Supplier<? extends Block> blocks, Optional<PlanFile> plan) {
        Block tree = blocks.get();
        try {
            tree = LayerCuts.structure(tree, plan.map(PlanFile::cuts).orElse(Map.of()));
            // One after the other, as a layer may be a stage of one before it.
            for (Map.Entry<LayerId, Choice> change : changes(plan).entrySet()) {
                if (isCutOnly(plan.orElseThrow(), change.getKey())) {
                    continue;
                }
                tree = LayerStages.apart(tree, change.getKey());
                LayerBlock layer = LayerStages.find(tree, change.getKey());
                List<StageShape> stages = plan.orElseThrow().stages().get(change.getKey());
                tree = LayerStages.structure(
                        tree, layer, stages == null ? EarlyStages.of(layer, change.getValue()) : stages);
            }
            return tree;
        } catch (InvalidInputException e) {
            throw new InvalidInputException(
                    "'" + folder.resolve(PLAN) + "' does not fit the block factory: " + e.getMessage(), e);
        }
    }

    private static boolean isCutOnly(PlanFile plan, LayerId layer) {
        return plan.cuts().containsKey(layer) && !plan.stages().containsKey(layer);
    }

    private static Map<LayerId, Choice> changes(Optional<PlanFile> plan) {
        return plan.map(found -> found.plan().changes()).orElse(Map.of());
    }

    private Optional<PlanFile> plan() {
        Path file = folder.resolve(PLAN);
        return Files.exists(file) ? Optional.of(JsonPlans.read(file)) : Optional.empty();
    }

    private void requireFolder() {
        if (!Files.exists(folder)) {
            throw new InvalidInputException("There is no folder '" + folder + "'.");
        }
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException(
                    "'" + folder + "' is not a folder; a DJL model is a folder with NAME-0000.params.");
        }
    }

    /** The parameters that the plan names. */
    private Path named(String name) {
        Path file = folder.resolve(name);
        if (!PARAMETERS.matcher(name).matches() || !folder.equals(file.getParent()) || !Files.isRegularFile(file)) {
            throw new InvalidInputException("'" + folder.resolve(PLAN) + "' names the parameters '" + name
                    + "', and there is no such file in its folder. Maybe it was renamed or is missing.");
        }
        return file;
    }

    /** The parameters of the latest epoch, as DJL chooses. */
    private Path latestParameters() {
        List<Path> files;
        try {
            files = parameterFiles();
        } catch (IOException e) {
            throw new InvalidInputException("The folder '" + folder + "' cannot be read: " + e.getMessage() + ".", e);
        }
        Set<String> names =
                files.stream().map(file -> part(file, "name")).collect(Collectors.toCollection(TreeSet::new));
        if (names.size() > 1) {
            throw new InvalidInputException("The folder '" + folder + "' holds several models: "
                    + String.join(", ", names) + ". Maybe give each a folder of its own.");
        }
        return files.stream()
                .filter(ParameterFile::looksLikeOne)
                .max(Comparator.comparingInt(file -> Integer.parseInt(part(file, "epoch"))))
                .orElseThrow(() -> new InvalidInputException("The folder '" + folder
                        + "' holds no parameters of DJL blocks (NAME-0000.params). " + Engines.WAY_OUT));
    }

    private List<Path> parameterFiles() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> matcher(file).matches()).toList();
        }
    }

    private static String part(Path parameters, String group) {
        Matcher matcher = matcher(parameters);
        return matcher.matches() ? matcher.group(group) : "";
    }

    private static Matcher matcher(Path file) {
        return PARAMETERS.matcher(file.getFileName().toString());
    }
}
