package dev.wsvd.adapter.djl.internal.file;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Pair;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.file.FileFailure;
import dev.wsvd.domain.file.FileIdentity;
import dev.wsvd.domain.file.UnfinishedFile;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.PlanFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Writes a model into a folder atomically. The folder's plan names its file of parameters, so that the one rename of the plan is
 * the step from the old model to the new; a new folder gets its name when it is whole.
 */
public final class FolderWriter {
    private static final int DIGITS = 16;

    /** {@code NAME.<16 hexadecimal digits>-0000.params}; other files of parameters are not wsvd's to delete. */
    private static final Pattern OWN = Pattern.compile(".+\\.[0-9a-f]{" + DIGITS + "}-0000\\.params");

    /** The end of a folder's name that is not whole yet; before it comes the name of a file that is locked meanwhile. */
    private static final String UNFINISHED = ".d";

    private final Path folder;

    public FolderWriter(Path folder) {
        this.folder = folder;
    }

    /**
     * Finds out whether the folder is one that may be replaced: one that wsvd wrote, or an empty one, or none.
     *
     * @throws InvalidInputException if it is not
     */
    public void requireReplaceable() {
        if (!Files.exists(folder)) {
            return;
        }
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException("'" + folder + "' is not a folder.");
        }
        try {
            List<Path> all = list(folder);
            Optional<Path> foreign = all.stream().filter(file -> !isOwn(file)).min(Comparator.naturalOrder());
            if (!all.isEmpty() && !all.contains(plan())) {
                foreign = all.stream().min(Comparator.naturalOrder());
            }
            foreign.ifPresent(file -> {
                throw new InvalidInputException("The folder '" + folder + "' holds other things, '" + file.getFileName()
                        + "' for one. Maybe choose a new folder.");
            });
        } catch (IOException e) {
            throw new InvalidInputException(
                    "The folder '" + folder + "' cannot be read: " + FileFailure.reason(e) + ".", e);
        }
    }

    private boolean isOwn(Path file) {
        return file.equals(plan()) || isOwnParameters(file) || UnfinishedFile.isBeside(plan(), file);
    }

    private static boolean isOwnParameters(Path file) {
        return OWN.matcher(file.getFileName().toString()).matches();
    }

    private Path plan() {
        return folder.resolve(ModelFolder.PLAN);
    }

    /**
     * Writes a model.
     *
     * @param inputs names and shapes of one sample
     * @param plan without the name of the file of parameters
     * @throws InvalidInputException if there is no permission
     * @throws ModelFormatException if writing fails
     */
    public void save(Model model, List<Pair<String, Shape>> inputs, PlanFile plan) {
        Path target = FileIdentity.real(folder);
        deleteUnused(target);
        boolean synced;
        try {
            if (Files.exists(target) && !list(target).isEmpty()) {
                synced = write(target, model, inputs, plan);
            } else {
                synced = create(target, model, inputs, plan);
            }
        } catch (AccessDeniedException e) {
            throw new InvalidInputException("'" + folder + "' cannot be written: no permission.", e);
        } catch (IOException e) {
            throw new ModelFormatException("'" + folder + "' could not be written: " + FileFailure.reason(e) + ".", e);
        }
        if (synced) {
            deleteUnused(target);
        }
    }

    private static boolean create(Path target, Model model, List<Pair<String, Shape>> inputs, PlanFile plan)
            throws IOException {
        try (UnfinishedFile mark = UnfinishedFile.beside(target);
                UnfinishedFolder made = new UnfinishedFolder(
                        mark.path().resolveSibling(mark.path().getFileName() + UNFINISHED))) {
            Files.createDirectory(made.path());
            write(made.path(), model, inputs, plan);
            Files.deleteIfExists(target);
            Files.move(made.path(), target, StandardCopyOption.ATOMIC_MOVE);
            return UnfinishedFile.syncFolder(target);
        }
    }

    /** A folder that is deleted unless it was moved. */
    private record UnfinishedFolder(Path path) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            deleteTree(path);
        }
    }

    private static boolean write(Path folder, Model model, List<Pair<String, Shape>> inputs, PlanFile plan)
            throws IOException {
        Path planPath = folder.resolve(ModelFolder.PLAN);
        try (UnfinishedFile parameters = begin(folder, model, inputs);
                UnfinishedFile planFile = UnfinishedFile.beside(planPath)) {
            ParameterFile.write(parameters.stream(), model, inputs);
            String name = parameters.path().getFileName().toString();
            String text = JsonPlans.toJson(plan.withParameters(name));
            planFile.stream().write(text.getBytes(StandardCharsets.UTF_8));
            return planFile.replace(planPath, List.of(parameters));
        }
    }

    /** Begins a file of parameters under a name of its own, made from what it will hold. */
    private static UnfinishedFile begin(Path folder, Model model, List<Pair<String, Shape>> inputs) throws IOException {
        MessageDigest sha256 = sha256();
        ParameterFile.write(new DigestOutputStream(OutputStream.nullOutputStream(), sha256), model, inputs);
        byte[] digest = sha256.digest();
        while (true) {
            String unique = HexFormat.of().formatHex(digest).substring(0, DIGITS);
            try {
                return UnfinishedFile.at(folder.resolve(model.getName() + "." + unique + "-0000.params"));
            } catch (FileAlreadyExistsException e) {
                digest = sha256.digest(digest);
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java runtime has SHA-256.", e);
        }
    }

    /** Deletes what replaced models and dead processes left. What cannot be deleted stays until the next time. */
    private static void deleteUnused(Path target) {
        try {
            for (Path beside : list(target.getParent())) {
                if (isUnfinished(target, beside)) {
                    deleteIfAbandoned(beside);
                }
            }
            UnfinishedFile.deleteAbandoned(target);
            if (Files.isDirectory(target)) {
                Path plan = target.resolve(ModelFolder.PLAN);
                UnfinishedFile.deleteAbandoned(plan);
                list(target).stream()
                        .filter(FolderWriter::isOwnParameters)
                        .forEach(file -> UnfinishedFile.deleteIfAbandoned(file, () -> !isNamed(plan, file)));
            }
        } catch (IOException e) {
            // Left to the next save; this one does not depend on it.
        }
    }

    private static boolean isUnfinished(Path target, Path beside) {
        String name = beside.getFileName().toString();
        return name.endsWith(UNFINISHED) && UnfinishedFile.isBeside(target, mark(beside));
    }

    private static Path mark(Path unfinished) {
        String name = unfinished.getFileName().toString();
        return unfinished.resolveSibling(name.substring(0, name.length() - UNFINISHED.length()));
    }

    private static void deleteIfAbandoned(Path unfinished) throws IOException {
        if (!Files.exists(mark(unfinished))) {
            // Its mark is there before it and goes after it.
            deleteTree(unfinished);
        }
        UnfinishedFile.deleteIfAbandoned(mark(unfinished), () -> isDeleted(unfinished));
    }

    private static boolean isDeleted(Path unfinished) {
        try {
            deleteTree(unfinished);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isNamed(Path plan, Path parameters) {
        try {
            return JsonPlans.read(plan)
                    .parameters()
                    .map(name -> name.equals(parameters.getFileName().toString()))
                    .orElse(true);
        } catch (InvalidInputException e) {
            // A plan that says nothing may mean any file.
            return true;
        }
    }

    private static void deleteTree(Path folder) throws IOException {
        if (Files.exists(folder)) {
            for (Path file : list(folder)) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(folder);
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}
