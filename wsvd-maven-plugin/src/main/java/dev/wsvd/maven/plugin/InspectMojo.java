package dev.wsvd.maven.plugin;

import java.nio.file.Path;
import java.util.List;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;

/** Lists the layers of each model: shape, cost, and whether they can be split. */
@Mojo(name = "inspect", defaultPhase = LifecyclePhase.PROCESS_RESOURCES, threadSafe = true)
public final class InspectMojo extends ModelsMojo {
    @Override
    void handle(Path file, Path name) throws MojoExecutionException, MojoFailureException {
        run(file, List.of("inspect", file.toString()));
    }
}
