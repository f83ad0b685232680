package dev.wsvd.architecture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/**
 * What the tests need of a pom.xml, as it is written (nothing inherited).
 *
 * @param managed {@code dependencyManagement}
 */
record Pom(
        String artifactId,
        List<String> modules,
        Map<String, String> properties,
        List<Dependency> dependencies,
        List<Dependency> managed) {
    /**
     * @param scope {@code compile} where none is written
     * @param version empty where none is written
     */
    record Dependency(String groupId, String artifactId, String scope, Optional<String> version) {}

    static Pom read(Path file) {
        Element project;
        try {
            project = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(file.toFile())
                    .getDocumentElement();
        } catch (IOException | SAXException | ParserConfigurationException e) {
            throw new IllegalStateException("Cannot read " + file, e);
        }
        Map<String, String> properties = new LinkedHashMap<>();
        child(project, "properties")
                .ifPresent(all ->
                        children(all).forEach(property -> properties.put(property.getTagName(), text(property))));
        return new Pom(
                text(child(project, "artifactId").orElseThrow()),
                child(project, "modules").map(Pom::children).orElse(List.of()).stream()
                        .map(Pom::text)
                        .toList(),
                properties,
                dependencies(project),
                child(project, "dependencyManagement").map(Pom::dependencies).orElse(List.of()));
    }

    /** Whether the module is part of a release. */
    boolean published() {
        return !Boolean.parseBoolean(properties.get("maven.deploy.skip"));
    }

    private static List<Dependency> dependencies(Element parent) {
        return child(parent, "dependencies").map(Pom::children).orElse(List.of()).stream()
                .map(dependency -> new Dependency(
                        text(child(dependency, "groupId").orElseThrow()),
                        text(child(dependency, "artifactId").orElseThrow()),
                        child(dependency, "scope").map(Pom::text).orElse("compile"),
                        child(dependency, "version").map(Pom::text)))
                .toList();
    }

    private static Optional<Element> child(Element parent, String name) {
        return children(parent).stream()
                .filter(element -> element.getTagName().equals(name))
                .findFirst();
    }

    private static List<Element> children(Element parent) {
        List<Element> children = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element) {
                children.add(element);
            }
        }
        return children;
    }

    private static String text(Element element) {
        return element.getTextContent().strip();
    }
}
