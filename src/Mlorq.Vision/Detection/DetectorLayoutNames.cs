namespace Mlorq.Vision;

/// <summary>What layouts of detectors are called in command lines and messages.</summary>
public static class DetectorLayoutNames
{
    /// <summary>The name of a layout.</summary>
    public static string Of(DetectorLayout layout) => layout switch
    {
        DetectorLayout.Torchvision => "torchvision",
        DetectorLayout.Detr => "detr",
        DetectorLayout.DeformableDetr => "deformable-detr",
        _ => "mmdetection",
    };
}
