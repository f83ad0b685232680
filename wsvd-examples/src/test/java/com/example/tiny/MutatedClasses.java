package com.example.tiny;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** The classes of the example, some of them compiled anew from changed sources. */
final class MutatedClasses extends ClassLoader {
    private static final String PACKAGE = MutatedClasses.class.getPackageName() + ".";
    private static final Path SOURCES = Path.of("src/test/java/com/example/tiny");

    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
    /** Shared, as it reads the class path once. */
    private static final StandardJavaFileManager FILES = COMPILER.getStandardFileManager(null, null, null);

    private final Map<String, ByteArrayOutputStream> compiled = new HashMap<>();

    MutatedClasses(Mutant mutant) throws IOException {
        super(MutatedClasses.class.getClassLoader());
        Map<String, String> sources = new HashMap<>();
        for (Mutant.Edit edit : mutant.edits()) {
            String source = sources.containsKey(edit.className())
                    ? sources.get(edit.className())
                    : Files.readString(SOURCES.resolve(edit.className() + ".java"));
            sources.put(edit.className(), edit.apply(source));
        }
        if (!sources.isEmpty()) {
            compile(sources);
        }
    }

    private void compile(Map<String, String> sources) {
        List<JavaFileObject> units = new ArrayList<>();
        sources.forEach((name, source) -> units.add(new Source(name, source)));
        StringWriter errors = new StringWriter();
        List<String> options = List.of("-proc:none", "-classpath", System.getProperty("java.class.path"));
        if (!COMPILER.getTask(errors, new Memory(), null, options, null, units).call()) {
            throw new IllegalStateException(errors.toString());
        }
    }

    /** All classes of the package are loaded here, so that they see each other. */
    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            return name.startsWith(PACKAGE) && findLoadedClass(name) == null
                    ? findClass(name)
                    : super.loadClass(name, resolve);
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        try (InputStream unchanged = getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (unchanged == null && !compiled.containsKey(name)) {
                throw new ClassNotFoundException(name);
            }
            byte[] code = compiled.containsKey(name) ? compiled.get(name).toByteArray() : unchanged.readAllBytes();
            return defineClass(name, code, 0, code.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///com/example/tiny/" + name + ".java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    private final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
        Memory() {
            super(FILES);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("memory:///" + className), kind) {
                @Override
                public OutputStream openOutputStream() {
                    ByteArrayOutputStream code = new ByteArrayOutputStream();
                    compiled.put(className, code);
                    return code;
                }
            };
        }
    }
}
