package dev.wsvd.testkit;

import static dev.wsvd.testkit.Refusals.assertRefused;
import static dev.wsvd.testkit.Refusals.refusal;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.FileIdentity;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.disk.EveryFault;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What saving leaves where it wrote, and around. */
interface SavePromises<M> extends FormatPromises<M> {
    private CompressibleModel<M> compressed(CompressibleModel<M> model) {
        return underTest().with(model, Replacements.corrected(model));
    }

    private Path newFolder(String name) throws IOException {
        return Files.createDirectory(underTest().folder().resolve(name));
    }

    @Test
    default void aSavedModelOpensAsItWas() throws IOException {
        CompressibleModel<M> model = underTest().open();
        CompressibleModel<M> small = compressed(model);
        Path saved = newFolder("out").resolve(underTest().fileName());
        assertSaved("the compressed model, saved", small, saved);
        assertSaved("the original, saved over the compressed model", model, saved);
        assertSaved("the compressed model, saved again", small, saved);
    }

    private void assertSaved(String what, CompressibleModel<M> model, Path path) {
        underTest().save(model, path);
        CompressibleModel<M> again = underTest().open(path);
        assertEquals(model.layers(), again.layers(), () -> "layers of " + what + " to '" + path + "'");
        Map<String, Tensor> expected = underTest().run(model);
        ModelRuns.assertSame(what + " to '" + path + "'", expected, underTest().run(again), 0);
    }

    @Test
    default void whatItWasOpenedFromIsNeverOverwritten() throws IOException {
        Path source = underTest().path();
        Path folder = underTest().folder();
        ModelFiles before = ModelFiles.of(source);
        CompressibleModel<M> small = compressed(underTest().open());
        Path link = Files.createSymbolicLink(folder.resolve("link"), source);
        for (Path target : List.of(source, folder.resolve(".").resolve(folder.relativize(source)), link)) {
            assertRefused(
                    InvalidInputException.class,
                    "saving to '" + target + "', which the model was opened from",
                    () -> small.save(target),
                    target.toString());
        }
        ModelFiles.of(source).assertSame(before);
    }

    /** Under names that its own companions may be derived from, too. */
    @Test
    default void aModelSavedBesideItsSourceLeavesThatAlone() throws IOException {
        Path source = underTest().path();
        ModelFiles before = ModelFiles.of(source.getParent());
        CompressibleModel<M> small = compressed(underTest().open());
        assertSaved(
                "the compressed model, saved beside its source",
                small,
                source.resolveSibling("small " + underTest().fileName()));
        String name = underTest().fileName();
        String stem = name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name;
        for (String other : List.of(stem + ".small", name + ".small", stem + "2" + name.substring(stem.length()))) {
            Path target = source.resolveSibling(other);
            refusal("saving to '" + target + "'", () -> small.save(target));
            before.assertStillIn(source.getParent(), "saving '" + target + "' beside the source '" + source + "'");
        }
    }

    @Test
    default void aModelNamesItsFiles() throws IOException {
        CompressibleModel<M> model = underTest().open();
        Path source = underTest().path();
        assertTrue(
                model.files().stream().anyMatch(file -> FileIdentity.isSame(file, source)),
                () -> "files() of the example should hold '" + source + "', found " + model.files());
        Path elsewhere = newFolder("copy");
        for (Path file : model.files()) {
            ModelFiles.of(file).writeTo(elsewhere);
        }
        Path copy = elsewhere.resolve(underTest().fileName());
        assertEquals(
                model.identity().sha256(),
                underTest().open(copy).identity().sha256(),
                () -> "the digest of '" + copy + "', made of copies of files(): " + model.files());
    }

    @Test
    default void aSavedModelNamesItsFiles() throws IOException {
        CompressibleModel<M> small = compressed(underTest().open());
        Path target = newFolder("out").resolve(underTest().fileName());
        underTest().save(small, target);
        List<Path> named = underTest().open(target).files();
        for (Path file : ModelFiles.of(target.getParent()).names()) {
            Path saved = target.resolveSibling(file);
            assertTrue(
                    named.stream().anyMatch(own -> FileIdentity.isInside(own, saved)),
                    () -> "A save to '" + target + "' made '" + saved + "', which belongs to no model: its files() are "
                            + named);
            assertTrue(
                    small.saveTouches(target, saved),
                    () -> "A save to '" + target + "' made '" + saved + "', but saveTouches() says that it does not.");
        }
    }

    /** Files of others stay, whatever they are called. */
    @Test
    default void savingTouchesNoFileButTheModels() throws IOException {
        CompressibleModel<M> model = underTest().open();
        Path folder = newFolder("shared");
        Path first = folder.resolve("first " + underTest().fileName());
        assertSaved("the original, saved", model, first);
        Path second = folder.resolve("second " + underTest().fileName());
        String name = second.getFileName().toString();
        String stem = name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name;
        for (String other : List.of(
                name + ".tmp",
                name + ".part",
                name + ".bak",
                name + ".old",
                name + "~",
                "." + name + ".tmp",
                stem + ".tmp",
                stem + ".bak",
                stem + ".json",
                stem + ".bin",
                stem + ".weights",
                "weights.bin",
                "config.json")) {
            if (!model.saveTouches(second, folder.resolve(other))) {
                Files.writeString(folder.resolve(other), "somebody else's");
            }
        }
        ModelFiles before = ModelFiles.of(folder);
        assertSaved("the compressed model, saved in the same folder", compressed(model), second);
        before.assertStillIn(folder, "saving '" + second + "' beside other files");
        ModelRuns.assertSame(
                "the model in '" + first + "' after another was saved beside it",
                underTest().run(model),
                underTest().run(underTest().open(first)),
                0);
    }

    @Test
    default void savingAgainLeavesNoMoreFiles() throws IOException {
        CompressibleModel<M> model = underTest().open();
        CompressibleModel<M> small = compressed(model);
        Path target = newFolder("out").resolve(underTest().fileName());
        underTest().save(small, target);
        int once = underTest().tree().size();
        underTest().save(small, target);
        underTest().save(small, target);
        Set<Path> thrice = underTest().tree();
        assertEquals(
                once, thrice.size(), () -> "files after saving once and three times to '" + target + "': " + thrice);
    }

    /** A reader that has the old files open, and a run that is killed, find them whole: they are replaced, not written to. */
    @Test
    default void filesAreReplacedAndNotWrittenTo() throws IOException {
        CompressibleModel<M> model = underTest().open();
        Path target = newFolder("out").resolve(underTest().fileName());
        underTest().save(model, target);
        Path links = newFolder("links");
        ModelFiles before = ModelFiles.of(target);
        Map<Path, Path> linked = new HashMap<>();
        for (Path file : before.names()) {
            Path link = links.resolve("link " + linked.size());
            linked.put(file, Files.createLink(link, file.toString().isEmpty() ? target : target.resolve(file)));
        }
        underTest().save(compressed(model), target);
        for (Path file : before.names()) {
            assertArrayEquals(
                    before.bytes(file),
                    Files.readAllBytes(linked.get(file)),
                    () -> "the old content of '" + before.place(file) + "', which a save to '" + target
                            + "' should replace by another file. Maybe write to a temporary file and move it");
        }
    }

    @Test
    default void whateverGoesWrongTheOldModelOrTheNewIsThere() throws IOException {
        CompressibleModel<M> model = underTest().open();
        EveryFault.run(newFolder("disk"), new FaultySaves<>(underTest(), Optional.of(model), compressed(model)));
    }

    @Test
    default void whateverGoesWrongThereIsNoModelOrTheNewOne() throws IOException {
        CompressibleModel<M> model = underTest().open();
        EveryFault.run(newFolder("disk"), new FaultySaves<>(underTest(), Optional.empty(), compressed(model)));
    }

    @Test
    default void savedFilesHaveThePermissionsOfAnyOther() throws IOException {
        Path folder = newFolder("out");
        assumeTrue(Files.getFileStore(folder).supportsFileAttributeView("posix"), "no POSIX permissions here");
        Path file = Files.createFile(folder.resolve("new file"));
        Path directory = Files.createDirectory(folder.resolve("new folder"));
        Path target = folder.resolve(underTest().fileName());
        underTest().save(underTest().open(), target);
        for (Path saved : underTest().tree()) {
            if (saved.startsWith(target)) {
                Path like = Files.isDirectory(saved) ? directory : file;
                assertEquals(
                        Files.getPosixFilePermissions(like),
                        Files.getPosixFilePermissions(saved),
                        () -> "permissions of '" + like.getFileName() + "', made in the same folder, and of the saved '"
                                + saved + "'");
            }
        }
    }

    @Test
    default void aRefusedSaveLeavesNothingBehind() throws IOException {
        CompressibleModel<M> model = underTest().open();
        Path folder = underTest().folder();
        Path otherKind = somethingElse();
        Set<Path> before = underTest().tree();
        assertSaveRefused(model, folder.resolve("no such folder/model"), "the folder is missing");
        assertSaveRefused(model, otherKind, "something else is there");
        assertSaveRefused(model, underTest().path(), "the model was opened from it");
        assertEquals(before, underTest().tree(), "files after saves that were refused");
    }

    /** A folder where models are files, or a file where they are folders. */
    private Path somethingElse() throws IOException {
        Path taken = underTest().folder().resolve("taken");
        return Files.isDirectory(underTest().path()) ? Files.createFile(taken) : Files.createDirectory(taken);
    }

    private static <M> void assertSaveRefused(CompressibleModel<M> model, Path target, String why) {
        assertRefused(
                InvalidInputException.class,
                "saving to '" + target + "' (" + why + ")",
                () -> model.save(target),
                nameOfWhatIsThere(target));
    }

    private static String nameOfWhatIsThere(Path target) {
        return (Files.exists(target) ? target : target.getParent())
                .getFileName()
                .toString();
    }

    @Test
    default void whatASaveWouldRefuseIsFoundOutBefore() throws IOException {
        CompressibleModel<M> model = underTest().open();
        Path folder = underTest().folder();
        for (Path target : List.of(underTest().path(), somethingElse(), folder.resolve("no such folder/model"))) {
            assertRefused(
                    InvalidInputException.class,
                    "requireSavable('" + target + "')",
                    () -> model.requireSavable(target),
                    nameOfWhatIsThere(target));
        }
        Path target = newFolder("out").resolve(underTest().fileName());
        Set<Path> before = underTest().tree();
        ContractExample.succeeding("requireSavable('" + target + "')", () -> {
            model.requireSavable(target);
            return target;
        });
        assertEquals(before, underTest().tree(), "files after requireSavable(), which writes nothing");
    }

    /** A name alone has no parent. */
    @Test
    default void aPathOfOneNameIsInTheWorkingFolder() throws IOException {
        String unique = "wsvd-contract-" + UUID.randomUUID();
        Path target = Path.of(unique + "-" + underTest().fileName());
        try {
            assertSaved("the example, saved in the working folder", underTest().open(), target);
        } finally {
            try (DirectoryStream<Path> saved = Files.newDirectoryStream(Path.of(""), "*" + unique + "*")) {
                for (Path path : saved) {
                    delete(path);
                }
            }
        }
    }

    private static void delete(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
                for (Path entry : entries) {
                    delete(entry);
                }
            }
        }
        Files.delete(path);
    }
}
