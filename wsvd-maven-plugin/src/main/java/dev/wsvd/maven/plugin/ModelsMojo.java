package dev.wsvd.maven.plugin;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Parameter;

/** A goal that does something with each model of a folder. */
abstract class ModelsMojo extends AbstractMojo {
    /** The folder of the models. */
    @Parameter(defaultValue = "${project.basedir}/src/main/models", property = "wsvd.models")
    private File models;

    /** Which of its files are models: a glob on the path below the folder. */
    @Parameter(defaultValue = "**.onnx", property = "wsvd.includes")
    private String includes;

    /** Whether to do nothing. */
    @Parameter(defaultValue = "false", property = "wsvd.skip")
    private boolean skip;

    @Override
    public final void execute() throws MojoExecutionException, MojoFailureException {
        if (skip) {
            getLog().info("Skipped (wsvd.skip).");
            return;
        }
        List<Path> found = Models.in(models.toPath(), includes);
        if (found.isEmpty()) {
            getLog().warn("No model in " + models + " matches " + includes + ".");
        }
        for (Path model : found) {
            handle(models.toPath().resolve(model), model);
        }
    }

    /**
     * Does it for one.
     *
     * @param file the model
     * @param name its path below the folder
     */
    abstract void handle(Path file, Path name) throws MojoExecutionException, MojoFailureException;

    /** Runs a call of the command and ends the build where it fails: its one sentence says why. */
    final void run(Path model, List<String> arguments) throws MojoExecutionException, MojoFailureException {
        getLog().debug("wsvd " + String.join(" ", arguments));
        CommandCall.Ended ended = CommandCall.of(arguments, getLog());
        String sentence = model.getFileName() + ": " + ended.reason();
        switch (ended.exitCode()) {
            case CommandCall.DONE -> {}
            case CommandCall.UNREACHABLE -> throw new MojoFailureException(sentence);
            default -> throw new MojoExecutionException(sentence);
        }
    }
}
