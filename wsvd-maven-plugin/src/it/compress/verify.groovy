def original = new File(basedir, "../../../../demo/fashion-resnet.onnx")
def jar = new java.util.zip.ZipFile(new File(basedir, "target/smaller-model-1.jar"))
def model = jar.getEntry("models/fashion-resnet.onnx")
assert model != null
assert model.size < 0.8 * original.length()
jar.close()
def stats = new groovy.json.JsonSlurper().parse(new File(basedir, "target/site/wsvd/fashion-resnet.json"))
assert stats.version != null
assert new File(basedir, "target/site/wsvd/fashion-resnet.html").text.contains("fashion-resnet.onnx")
def log = new File(basedir, "build.log").text
assert log.contains("13 layers, 12 can be split")
assert log.count("Wrote ") == 1
assert log.contains("fashion-resnet.onnx is up to date")
