package dev.wsvd.pipeline.resolve;

import dev.wsvd.domain.spi.LinearAlgebraProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.tools.ToolProvider;

/** Real providers, compiled for the test into folders of their own, so that each classpath can be tried alone. */
final class ProviderJar {
    static final String SERVICE = "META-INF/services/" + LinearAlgebraProvider.class.getName();

    private final Path folder;

    private ProviderJar(Path folder) {
        this.folder = folder;
    }

    /** A folder with one provider class. */
    static ProviderJar with(Path parent, String name, String id, int priority, String extraMembers) {
        Path folder = parent.resolve(name);
        String source = """
                package jars;
                public final class %s implements dev.wsvd.domain.spi.LinearAlgebraProvider {
                    public String id() { return "%s"; }
                    public String version() { return "1.2"; }
                    public int priority() { return %d; }
                    public dev.wsvd.domain.linalg.LinearAlgebra create() { throw new IllegalStateException("not asked for"); }
                    %s
                }
                """.formatted(name, id, priority, extraMembers);
        try {
            Path java = folder.resolve("src").resolve(name + ".java");
            Files.createDirectories(java.getParent());
            Files.writeString(java, source);
            int result = ToolProvider.getSystemJavaCompiler()
                    .run(
                            null,
                            null,
                            null,
                            "-proc:none",
                            "-cp",
                            System.getProperty("java.class.path"),
                            "-d",
                            folder.toString(),
                            java.toString());
            if (result != 0) {
                throw new IllegalStateException("does not compile: " + source);
            }
            return new ProviderJar(folder).listing("jars." + name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A folder with a service file and nothing else. */
    static ProviderJar listingOnly(Path parent, String name, String... lines) {
        return new ProviderJar(parent.resolve(name)).listing(lines);
    }

    private ProviderJar listing(String... lines) {
        try {
            Path file = folder.resolve(SERVICE);
            Files.createDirectories(file.getParent());
            Files.write(file, Arrays.asList(lines));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String location() {
        return url().toString();
    }

    private URL url() {
        try {
            return folder.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A class loader that sees these jars and wsvd's classes, but no service files of the test's own classpath. */
    static ClassLoader classpath(ProviderJar... jars) {
        List<URL> urls = new ArrayList<>();
        for (ProviderJar jar : jars) {
            urls.add(jar.url());
        }
        return new URLClassLoader("test classpath", urls.toArray(URL[]::new), new WithoutServices());
    }

    private static final class WithoutServices extends ClassLoader {
        WithoutServices() {
            super(ProviderJar.class.getClassLoader());
        }

        @Override
        public java.util.Enumeration<URL> getResources(String name) throws IOException {
            return name.startsWith("META-INF/services/")
                    ? java.util.Collections.emptyEnumeration()
                    : super.getResources(name);
        }
    }
}
