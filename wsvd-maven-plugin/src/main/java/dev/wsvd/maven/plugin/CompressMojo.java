package dev.wsvd.maven.plugin;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Compresses each model into the folder that the jar is made of. What is already there and was made from the same
 * files with the same options stays.
 */
@Mojo(name = "compress", defaultPhase = LifecyclePhase.PROCESS_RESOURCES, threadSafe = true)
public final class CompressMojo extends ModelsMojo {
    /** Where the compressed models go, each by its path below the folder of models. */
    @Parameter(defaultValue = "${project.build.outputDirectory}/models", property = "wsvd.outputDirectory")
    private File outputDirectory;

    /** Where the report of each goes, as a page ({@code .html}) and its figures as JSON. */
    @Parameter(defaultValue = "${project.reporting.outputDirectory}/wsvd", property = "wsvd.reportDirectory")
    private File reportDirectory;

    /** What was made from what. */
    @Parameter(defaultValue = "${project.build.directory}/wsvd", readonly = true)
    private File stateDirectory;

    /** The version that makes them. */
    @Parameter(defaultValue = "${plugin.version}", readonly = true)
    private String version;

    /** {@code --target}: the share of the cost to keep, such as 0.5. */
    @Parameter(property = "wsvd.target")
    private String target;

    /** {@code --metric}: what the target limits; {@code mac} where it is not given. */
    @Parameter(property = "wsvd.metric")
    private String metric;

    /** {@code --max-drop}: how much of the score may be lost at most; more ends the build. */
    @Parameter(property = "wsvd.maxDrop")
    private String maxDrop;

    /** {@code --calibration}: unlabelled inputs to learn from. */
    @Parameter(property = "wsvd.calibration")
    private File calibration;

    /** {@code --data}: inputs to score with. */
    @Parameter(property = "wsvd.data")
    private File data;

    /** {@code --labels}: their classes. */
    @Parameter(property = "wsvd.labels")
    private File labels;

    /** More arguments of {@code wsvd compress}, such as {@code --multiplicity=8}. */
    @Parameter
    private List<String> arguments = List.of();

    @Override
    void handle(Path file, Path name) throws MojoExecutionException, MojoFailureException {
        Path output = outputDirectory.toPath().resolve(name);
        Path stats = reportDirectory.toPath().resolve(renamed(name, ".json"));
        Path report = reportDirectory.toPath().resolve(renamed(name, ".html"));
        List<String> call = new ArrayList<>(List.of("compress", file.toString(), "--output=" + output));
        call.addAll(List.of("--stats=" + stats, "--report=" + report));
        option(call, "target", target);
        option(call, "metric", metric);
        option(call, "max-drop", maxDrop);
        option(call, "calibration", calibration);
        option(call, "data", data);
        option(call, "labels", labels);
        call.addAll(arguments);

        MadeFrom madeFrom =
                new MadeFrom(stateDirectory.toPath().resolve(renamed(name, ".txt")), output, file, version, call);
        if (Files.exists(stats) && Files.exists(report) && madeFrom.holds()) {
            getLog().info(output + " is up to date.");
            return;
        }
        try {
            Files.createDirectories(output.toAbsolutePath().getParent());
            Files.createDirectories(stats.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw new MojoExecutionException("A folder cannot be made: " + e.getMessage(), e);
        }
        run(file, call);
        madeFrom.write();
    }

    private static void option(List<String> call, String name, Object value) {
        if (value != null) {
            call.add("--" + name + "=" + value);
        }
    }

    private static String renamed(Path name, String ending) {
        return name.toString().replaceFirst("\\.[^.]*$", "") + ending;
    }
}
